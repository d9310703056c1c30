"""Events as a person or a program reads them."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from edge_ser.events import LABELS, EmotionEvent, StatusEvent
from edge_ser.sinks.lines import JsonLines, PlainLines, StatusLines, decision, utterance_line
from edge_ser.sinks.terminal import LiveDisplay, Screen, render

UTTERANCE = EmotionEvent(
    type="utterance",
    start=1.25,
    end=3.9,
    emotion="angry",
    confidence=0.81,
    probabilities={"angry": 0.81, "happy": 0.11, "neutral": 0.05, "sad": 0.03},
    heard=12.4,
    latency_ms=96.0,
    dropped=0,
    model="cogcn",
    backend="numpy",
)
WINDOW = replace(UTTERANCE, type="window")
LOST = StatusEvent(status="lost", at=4.0, message="the microphone is gone", dropped=320)
LINE = "  1.25 –  3.90 s  angry    81 %  (happy 11 %, neutral 5 %, sad 3 %)"


def test_a_line_ranks_the_emotions() -> None:
    assert utterance_line(UTTERANCE) == LINE
    even = {"angry": 0.1, "happy": 0.2, "neutral": 0.3, "sad": 0.4}
    assert decision("sad", even) == "sad      40 %  (neutral 30 %, happy 20 %, angry 10 %)"
    unsure = decision(None, even)
    assert unsure == "unsure         (sad 40 %, neutral 30 %, happy 20 %, angry 10 %)"
    assert unsure.index("(") == utterance_line(UTTERANCE).index("(") - len("  1.25 –  3.90 s  ")


def test_plain_lines_are_utterances() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as sink:
        sink(WINDOW)
        sink(LOST)
        sink(UTTERANCE)
    assert stream.getvalue() == LINE + "\n"


def test_status_lines_are_what_becomes_of_the_microphone() -> None:
    stream = io.StringIO()
    with StatusLines(stream) as sink:
        sink(UTTERANCE)
        sink(LOST)
    assert stream.getvalue() == "the microphone is gone\n"


def test_json_lines_are_all_events() -> None:
    stream = io.StringIO()
    with JsonLines(stream) as sink:
        for event in (WINDOW, UTTERANCE, LOST):
            sink(event)
            assert json.loads(stream.getvalue().splitlines()[-1]) == event.to_dict()
    assert stream.getvalue().count("\n") == 3


def drawn(level: float, event: EmotionEvent | None) -> list[str]:
    console = Console(record=True, width=80, file=io.StringIO())
    console.print(render(Screen(LABELS, level, event)))
    return console.export_text().splitlines()


def test_the_display_shows_a_bar_an_emotion() -> None:
    _, level, *bars, status, _ = drawn(-30, WINDOW)
    assert "-30 dB" in level
    assert [bar.split()[0] for bar in bars] == list(LABELS)
    assert [bar.split("━")[-1].split()[-2:] for bar in bars] == [
        ["81", "%"],
        ["11", "%"],
        ["5", "%"],
        ["3", "%"],
    ]
    lengths = [bar.count("━") for bar in bars]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] > 20 > 5 > lengths[1]
    assert status == "hearing 2.6 s of speech: angry, 81 % sure"


@pytest.mark.parametrize(
    ("level", "text"), [(float("-inf"), "silence"), (-61, "silence"), (-20, "-20 dB"), (0, "0 dB")]
)
def test_the_level_meter_takes_any_level(level: float, text: str) -> None:
    assert text in drawn(level, None)[1]


def test_the_display_tells_what_it_waits_for_and_what_was_lost() -> None:
    assert "waiting for someone to speak" in "\n".join(drawn(-40, None))
    assert "waiting for someone to speak" in "\n".join(drawn(-40, UTTERANCE))
    assert "lost" not in "\n".join(drawn(-40, WINDOW))
    assert "320 samples lost" in "\n".join(drawn(-40, replace(WINDOW, dropped=320)))
    assert "unsure, 81 % sure" in "\n".join(drawn(-40, replace(WINDOW, emotion=None)))


def test_utterances_stay_on_the_terminal_and_the_bars_go() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, color_system=None)
    levels = iter(range(-50, 0))
    with LiveDisplay(LABELS, lambda: next(levels), console) as display:
        display(WINDOW)
        display(UTTERANCE)
        display(replace(UTTERANCE, start=5.0, end=6.0, emotion=None))
    screen = emulate(stream.getvalue())
    assert screen == [
        LINE,
        LINE.replace("1.25 –  3.90", "5.00 –  6.00").replace(
            "angry    81 %  (", "unsure         (angry 81 %, "
        ),
    ]


def test_a_lost_microphone_is_told_above_the_bars_and_waited_for_below() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    with LiveDisplay(LABELS, lambda: -20.0, console) as display:
        display(WINDOW)
        for event, waiting in (
            (LOST, True),
            (replace(LOST, status="error", message="not scored"), True),
            (replace(LOST, status="back", message="it is back"), False),
        ):
            display(event)
            # elsewhere: what is printed on `console` has the bars of the last refresh below it
            below = Console(file=io.StringIO(), width=80)
            below.print(display._render())
            shown = below.file.getvalue()  # type: ignore[attr-defined]
            assert ("waiting for the microphone" in shown) == waiting
    output = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(text in output for text in ("the microphone is gone", "not scored", "it is back"))


def emulate(output: str) -> list[str]:
    """What a terminal shows after ``output``, as far as cursor-up and erase-line go."""
    lines, row = [""], 0
    for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
        if token == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token.endswith("A") and token.startswith("\x1b"):
            row -= int(token[2:-1] or 1)
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith(("\x1b", "\r")):
            lines[row] += token
    return [line.rstrip() for line in lines if line.strip()]
