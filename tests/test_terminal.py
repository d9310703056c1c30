"""The live display: what it shows of a session, at any width, with and without colours."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from edge_ser.demo import PATH as DEMO
from edge_ser.events import LABELS, EmotionEvent, StatusEvent
from edge_ser.sinks.terminal import LiveDisplay
from edge_ser.sinks.terminal.looks import looks
from edge_ser.sinks.terminal.screen import Screen
from edge_ser.sinks.terminal.state import FADE, STALE, Reading, State
from edge_ser.sinks.terminal.summary import summary
from edge_ser.sinks.terminal.text import duration, glyphs, scale
from edge_ser.sinks.terminal.timeline import LOST, UNSURE, Timeline
from edge_ser.sinks.terminal.words import utterance
from tests.command import edge_ser
from tests.emulated import emulate, listen
from tests.test_sinks import LINE, UTTERANCE, WINDOW
from tests.test_sinks import LOST as GONE
from tests.virtual import Environment

WIDTHS = (30, 80, 200)
OWN = ("frustrated", "bored", "content", "surprised", "confident", "calm", "curious", "cross")
START = State(LABELS)


class Heard:
    """The progress of a source."""

    level, heard, lost = -20.0, 160_000, 16_000


def terminal(width: int, encoding: str = "utf-8") -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding)
    return Console(record=True, width=width, file=file, force_terminal=True)


def drawn(
    state: State,
    now: float = 0.0,
    *,
    width: int = 80,
    level: float = -30.0,
    seconds: float = 8.0,
    lost: float = 0.0,
    clock: bool = True,
    encoding: str = "utf-8",
) -> list[str]:
    """Return the lines of the moving part: level, bars, status, timeline, foot."""
    reading = Reading(now, level, seconds, lost)
    console = terminal(width, encoding)
    console.print(Screen(state, reading, looks(state.labels), clock))
    first, *lines = console.export_text().splitlines()
    assert first == ""
    return lines


def styles(state: State, now: float, text: str) -> set[str]:
    """Return the styles in which ``text`` is drawn."""
    console = terminal(80)
    screen = Screen(state, Reading(now, -30.0, 8.0), looks(state.labels), True)
    return {
        str(segment.style)
        for line in console.render_lines(screen)
        for segment in line
        if text in segment.text
    }


def unsure(event: EmotionEvent) -> EmotionEvent:
    return replace(event, emotion=None)


def own(label: str | None) -> EmotionEvent:
    shares = dict.fromkeys(OWN, 0.1) | {"frustrated": 0.3}
    return replace(UTTERANCE, emotion=label, confidence=0.3, probabilities=shares)


def test_a_bar_an_emotion() -> None:
    level, *bars, status, _, _ = drawn(START.after(WINDOW, 0.0))
    assert level.split()[0] == "level" and level.endswith("-30 dB")
    assert [bar.split()[:2] for bar in bars] == [[x[0].upper(), x] for x in LABELS]
    assert [bar[-4:] for bar in bars] == ["81 %", "11 %", " 5 %", " 3 %"]
    assert [bar.count("█") for bar in bars] == [51, 7, 3, 2]
    assert status == "hearing 2.6 s of speech: angry, 81 % sure"


def test_bars_are_blank_where_nothing_is_probable() -> None:
    nobody = drawn(START)
    assert [bar.rstrip() for bar in nobody[1:5]] == ["A angry", "H happy", "N neutral", "S sad"]
    sure = replace(WINDOW, probabilities=dict(zip(LABELS, (1.0, 0, 0, 0), strict=True)))
    full, *blank = drawn(START.after(sure, 0.0))[1:5]
    assert " " not in full[10:73].rstrip() and full.count("█") == 63
    assert all(set(bar[10:73]) == {" "} for bar in blank)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("event", [WINDOW, unsure(WINDOW), UTTERANCE, None])
@pytest.mark.parametrize("status", ["lost", "silent", "back", None])
def test_everything_fits(width: int, event: EmotionEvent | None, status: str | None) -> None:
    state = START.after(event, 100.0) if event else START
    if status:
        state = state.after(StatusEvent(status=status, at=4, message="", dropped=9), 100.0)  # type: ignore[arg-type]
    for now in (100.0, 104.0, 200.0):
        lines = drawn(state, now, width=width, seconds=90_000.0, lost=86_399.99)
        assert len(lines) == len(LABELS) + 4
        assert max(map(cell_len, lines)) <= width
        assert all(name in line for name, line in zip(("level", *LABELS), lines, strict=False))
        assert lines[-1].startswith("listened 1 h 0 min")


@pytest.mark.parametrize("width", [1, 7, 12, 20])
def test_no_width_is_too_small(width: int) -> None:
    lines = drawn(State(OWN).after(own(None), 0.0), width=width)
    assert max(map(cell_len, lines)) <= width


def test_bars_grow_with_the_terminal_up_to_a_limit() -> None:
    state = START.after(WINDOW, 0.0)
    lengths = [drawn(state, width=w)[1].split("%")[0].count("█") for w in (30, 80, 109, 160, 400)]
    assert lengths == sorted(lengths)
    assert lengths[0] < 12 and lengths[-2] == lengths[-1] < 90


def test_a_wide_terminal_has_the_counts_beside_the_bars() -> None:
    state = START.after(UTTERANCE, 0.0).after(unsure(UTTERANCE), 1.0).after(UTTERANCE, 2.0)
    beside = [line[119:].split() for line in drawn(state, 2.0, width=160)[:6]]
    counts = [words[:3] for words in beside[1:]]
    assert beside[0] == ["so", "far"]
    assert counts == [
        *(["A", "angry", "2"], ["H", "happy", "0"], ["N", "neutral", "0"], ["S", "sad", "0"]),
        ["?", "unsure", "1"],
    ]


@pytest.mark.parametrize(
    ("level", "text"), [(float("-inf"), "quiet"), (-61, "quiet"), (-20, "-20 dB"), (0, "0 dB")]
)
def test_the_level_meter_takes_any_level(level: float, text: str) -> None:
    line = drawn(START, level=level)[0]
    assert line.endswith(text)
    assert line.count("█") == (0 if text == "quiet" else round(63 * (level + 60) / 60))


def test_unsure_is_hatched_and_silence_is_blank() -> None:
    *bars, status = drawn(START.after(unsure(WINDOW), 0.0))[1:6]
    assert "█" not in "".join(bars) and bars[0].count("▒") == 51
    assert status == "hearing 2.6 s of speech: unsure, perhaps angry (81 %)"
    *bars, status = drawn(START.after(unsure(UTTERANCE), 0.0), 60.0, clock=False)[1:6]
    assert not {"█", "▒", "%"}.intersection("".join(bars))
    assert status == "silence: nobody speaks since 3.9 s"
    assert drawn(START)[5] == "silence: nobody has spoken yet"


def test_silence_since_a_time_of_day() -> None:
    since = f"{UTTERANCE.time.astimezone():%H:%M:%S}"
    assert drawn(START.after(UTTERANCE, 0.0), 60.0)[5] == f"silence: nobody speaks since {since}"


def test_the_last_utterance_fades() -> None:
    state = START.after(WINDOW, 9.0).after(UTTERANCE, 10.0)
    bars = {now: drawn(state, now)[1:5] for now in (10.0, 12.5, 10.0 + FADE - 0.1, 10.0 + FADE)}
    assert bars[10.0] == bars[12.5] == bars[10.0 + FADE - 0.1] != bars[10.0 + FADE]
    assert [styles(state, now, "██") - {"dim"} for now in bars] == [
        *({"red", "yellow", "cyan", "blue"},),
        *({"dim red", "dim yellow", "dim cyan", "dim blue"},) * 2,
        set(),
    ]
    assert drawn(state, 13.0)[5] == "ended 3 s ago: angry, 81 % sure"


def test_speech_that_was_none_goes_too() -> None:
    state = START.after(WINDOW, 10.0)
    assert drawn(state, 10.0 + STALE - 0.1)[5].startswith("hearing")
    assert drawn(state, 10.0 + STALE + 1.0)[5].startswith("ended")
    assert drawn(state, 10.0 + STALE + FADE)[5].startswith("silence")


def test_long_speech_began_where_it_began() -> None:
    state = START
    for end in (2.0, 8.0, 12.0, 16.0):
        state = state.after(replace(WINDOW, start=max(1.0, end - 8), end=end), end)
    assert drawn(state, 16.0)[5].startswith("hearing 15.0 s")
    state = state.after(replace(WINDOW, start=17.0, end=18.0), 18.0)
    assert drawn(state, 18.0)[5].startswith("hearing 1.0 s")


def test_what_becomes_of_the_microphone() -> None:
    state = START.after(UTTERANCE, 0.0).after(GONE, 20.0)
    *_, status, timeline, foot = drawn(state, 25.0, seconds=8.0, lost=4.0, clock=False)
    assert (status, timeline) == ("microphone lost at 4.0 s; waiting for it", "·AAA----")
    assert foot.startswith("listened 4 s, 4.00 s lost; Ctrl-C ends")
    state = state.after(replace(GONE, status="error", message="not scored"), 25.5)
    assert "lost" in drawn(state, 25.5)[5]
    state = state.after(replace(GONE, status="back", at=8.0), 26.0)
    *_, status, timeline, _ = drawn(state, 27.0, seconds=9.0)
    assert (status, timeline) == ("the microphone is back", "·AAA----·")
    assert drawn(state, 32.0)[5].startswith("silence")
    state = state.after(replace(GONE, status="silent", at=70.0), 90.0)
    assert drawn(state, 91.0)[5] == "digital silence: is the microphone muted?"


def test_the_timeline_reads_without_colours() -> None:
    state = START
    for second, emotion in ((1, "angry"), (4, None), (7, "sad")):
        event = replace(UTTERANCE, start=second, end=second + 2, emotion=emotion)
        state = state.after(event, second)
    state = state.after(replace(WINDOW, start=10.0, end=11.5, emotion="happy"), 11.5)
    *_, timeline, foot = drawn(state, 11.5, seconds=11.5)
    assert timeline == "·AA·??·SS·HH"
    assert foot.endswith("a cell: 1 s")
    assert styles(state, 11.5, "?") == {"grey100 on grey50"}


def test_cells_get_longer_as_the_session_does() -> None:
    timeline = Timeline()
    for minute in range(600):
        kind = UNSURE if minute < 300 else minute % 4
        timeline = timeline.add(60 * minute, 60 * minute + 20, kind)
    assert len(timeline.heard) < 1000
    each, kinds = timeline.fit(36_000.0, 72)
    assert each == 600 and len(kinds) == 60
    assert kinds[:30] == [UNSURE] * 30 and UNSURE not in kinds[30:]
    each, kinds = timeline.fit(36_000.0, 20)
    assert (each, len(kinds)) == (1800, 20)
    assert sum(timeline.heard.values()) == pytest.approx(600 * 20)


def test_years_fit_on_a_timeline() -> None:
    year = 365 * 86_400
    timeline = Timeline().add(1.0, 2.0, 0).add(year, 3 * year, LOST)
    each, kinds = timeline.fit(3 * year + 10, 80)
    assert (each, kinds) == (86_400, [LOST] * 79 + [None])


def test_labels_of_ones_own_have_colours_and_letters_of_their_own() -> None:
    chosen = looks(OWN)
    assert "".join(look.letter for look in chosen.values()) == "FBCSOAUR"
    assert len({look.colour for look in chosen.values()}) == len(OWN)
    mixed = looks(["calm", "sad", "愤怒", "??", "x"])
    assert [look.letter for look in mixed.values()] == ["C", "S", "1", "2", "X"]
    assert mixed["sad"] == looks(LABELS)["sad"]
    assert len({look.colour for look in mixed.values()}) == 5


@pytest.mark.parametrize("width", WIDTHS)
def test_labels_of_ones_own_fit(width: int) -> None:
    state = State(OWN).after(own("frustrated"), 0.0).after(replace(own("bored"), start=5), 1.0)
    lines = drawn(state, 1.0, width=width)
    assert max(map(cell_len, lines)) <= width
    assert [line[:5] for line in lines[1:9]] == [
        f"{look.letter} {label[:3]}" for label, look in looks(OWN).items()
    ]


def test_a_terminal_without_unicode() -> None:
    state = START.after(UTTERANCE, 0.0).after(unsure(WINDOW), 1.0)
    for moment in (START.after(WINDOW, 0.0), state):
        lines = drawn(moment, 1.0, encoding="ascii")
        assert "\n".join(lines).isascii()
    assert lines[1].count(":") == 51


@pytest.mark.parametrize(
    ("width", "line"),
    [(80, LINE), (40, LINE[:31]), (30, "  1.25 –  3.90 s  angry 81 %"), (18, "3.90 s  angry 81 %")],
)
def test_finished_utterances_at_any_width(width: int, line: str) -> None:
    shown = utterance(UTTERANCE, width, False, looks(LABELS))
    assert (shown.plain.rstrip(), shown.style) == (line.rstrip(), "red")


def test_finished_utterances_by_the_clock() -> None:
    line = utterance(unsure(UTTERANCE), 80, True, looks(LABELS)).plain
    time = f"{UTTERANCE.time.astimezone():%H:%M:%S}"
    assert line.startswith(f"{time}   2.6 s  unsure         (angry 81 %, ")
    assert utterance(UTTERANCE, 30, True, looks(LABELS)).plain == f"{time}   2.6 s  angry 81 %"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_summary(width: int) -> None:
    state = START
    for end, emotion in ((100.0, "angry"), (200.0, "angry"), (400.0, "sad"), (500.0, None)):
        state = state.after(replace(UTTERANCE, start=end - 30, end=end, emotion=emotion), end)
    console = terminal(width)
    reading = Reading(500.0, -30.0, 738.02, 0.02)
    for line in summary(state, looks(LABELS), reading, width, glyphs(console.options)):
        console.print(line)
    lines = console.export_text().splitlines()
    assert max(map(cell_len, lines)) <= width
    told = "listened 12 min 18 s, 2 min 0 s of speech in 4 utterances, 0.02 s lost"
    assert " ".join(" ".join(lines[:-5]).split()) == told
    rows = [line.split() for line in lines[-5:]]
    longest = min(40, width - 12)
    assert [row[:3] for row in rows] == [
        *(["A", "angry", "2"], ["H", "happy", "0"], ["N", "neutral", "0"], ["S", "sad", "1"]),
        ["?", "unsure", "1"],
    ]
    assert len(rows[0][3]) == longest // 2
    assert [row[3:] for row in rows[1:3]] == [[], []]
    assert set(rows[4][3]) == {"▒"}


def test_the_summary_of_nothing() -> None:
    lines = summary(
        START, looks(LABELS), Reading(0.0, -30.0, 60.0), 80, glyphs(terminal(80).options)
    )
    assert [line.plain for line in lines] == ["", "listened 1 min 0 s, no speech"]


def test_times_in_words() -> None:
    assert [duration(s) for s in (0.4, 59.6, 738, 10_920)] == [
        *("0 s", "1 min 0 s", "12 min 18 s", "3 h 2 min"),
    ]
    assert [scale(s) for s in (10, 120, 21_600, 86_400)] == ["10 s", "2 min", "6 h", "1 d"]


def test_the_display_draws_prints_and_sums_up() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with LiveDisplay(LABELS, Heard(), clock=False, console=console) as display:
        display(WINDOW)
        display(UTTERANCE)
        display(GONE)
        display(replace(UTTERANCE, start=5.0, end=6.0, emotion=None))
    screen = emulate(console.file.getvalue())  # type: ignore[attr-defined]
    other = LINE.replace("1.25 –  3.90", "5.00 –  6.00")
    assert screen[:3] == [
        LINE,
        GONE.message,
        other.replace("angry    81 %  (", "unsure         (angry 81 %, "),
    ]
    told = "listened 9 s, 4 s of speech in 2 utterances, 1.00 s lost"
    assert screen[3] == told and len(screen) == 3 + 1 + 5


@pytest.fixture(scope="module")
def spoken() -> list[dict[str, Any]]:
    """The utterances of the demo clip; without a terminal, nothing but events is written."""
    events = edge_ser("listen", "--input", DEMO, "--json").records
    assert {event["type"] for event in events} == {"window", "utterance"}
    return [event for event in events if event["type"] == "utterance"]


def test_ctrl_c_ends_with_a_summary(spoken: list[dict[str, Any]]) -> None:
    middle = (spoken[1]["start"] + spoken[1]["end"]) / 2
    shown = listen("--input", DEMO, "--realtime", columns=80, interrupt=middle)
    *_, head, angry, _, _, _, unsure = emulate(shown)
    # the utterance that was being spoken counts too
    assert re.match(r"listened \d+ s, \d+ s of speech in 2 utterances$", head)
    assert angry.startswith("A angry") and unsure.startswith("? unsure")
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is back


@pytest.mark.parametrize("columns", [30, 200])
def test_the_command_fits_the_terminal(columns: int, spoken: list[dict[str, Any]]) -> None:
    shown = listen("--input", DEMO, columns=columns, environment={"NO_COLOR": "1"})
    heading, *lines = emulate(shown)
    assert heading.startswith("listening to")
    assert max(map(cell_len, lines)) <= columns
    assert sum(" – " in line for line in lines) == len(spoken)
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7]|38|48)[;m]", shown)


def test_a_microphone_has_the_time_of_day(vmic: Environment) -> None:
    before = datetime.now().astimezone()
    player = subprocess.Popen(["paplay", "--device=play", DEMO], env=vmic)
    shown = listen("--device", "vmic", "--duration", "9", columns=80, environment=vmic)
    player.terminate()
    player.wait()
    ends = re.findall(r"^(\d\d:\d\d:\d\d) +\d+\.\d s  \w+ ", "\n".join(emulate(shown)), re.M)
    assert ends == sorted(ends) and ends
    end = datetime.combine(before.date(), datetime.strptime(ends[0], "%H:%M:%S").time())
    assert (
        timedelta(0)
        <= (end - before.replace(tzinfo=None)) % timedelta(days=1)
        < timedelta(minutes=1)
    )


def test_a_dumb_terminal_gets_lines(spoken: list[dict[str, Any]]) -> None:
    shown = listen("--input", DEMO, columns=80, environment={"TERM": "dumb"})
    written = edge_ser("listen", "--input", DEMO).stdout
    assert len(written.splitlines()) == len(spoken)
    assert shown.splitlines()[1:] == written.splitlines()
