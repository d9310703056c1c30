"""Lines in words: what is heard now, and finished utterances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.sinks.lines import answer, decision, span
from edge_ser.sinks.terminal.text import fitting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_ser.sinks.terminal.looks import Look
    from edge_ser.sinks.terminal.state import State

_NEWS = 5.0
"""Seconds for which it is told that the microphone is back."""


def utterance(event: EmotionEvent, width: int, clock: bool, looks: Mapping[str, Look]) -> Text:
    """Return the line of a finished utterance: when it was, the answer, and what fits of the rest.

    Args:
        event: the utterance.
        width: cells that there are.
        clock: whether to tell when it ended, by the wall clock; else where it is in the stream.
        looks: of the emotions.
    """
    when = f"{_clock(event)} {event.end - event.start:5.1f} s" if clock else span(event)
    short = _clock(event) if clock else f"{event.end:.2f} s"
    found = event.emotion, event.probabilities
    brief = " ".join(answer(*found).split())
    line = fitting(
        width,
        f"{when}  {decision(*found)}",
        f"{when}  {answer(*found)}",
        f"{when}  {brief}",
        f"{short}  {brief}",
    )
    return Text(line, looks[event.emotion].colour if event.emotion else "dim")


def notice(event: StatusEvent, clock: bool) -> Text:
    """Return the line of a status, with the time of day if ``clock``."""
    return Text(f"{_clock(event)}  {event.message}" if clock else event.message, "red")


def status(state: State, now: float, width: int, clock: bool, looks: Mapping[str, Look]) -> Text:
    """Return the line that tells who is heard: somebody, nobody, or not even the microphone.

    Args:
        state: of the session.
        now: on the clock of the state.
        width: cells that there are.
        clock: as in :func:`utterance`.
        looks: of the emotions.
    """
    phase, age = state.phase(now)
    event, news = state.event, state.status
    if news and news.status == "lost":
        lost = f"microphone lost at {_when(news, clock)}"
        return Text(fitting(width, f"{lost}; waiting for it", lost, "lost"), "bold red")
    if event and phase == "speech":
        return _speech(event, state.began, width, looks)
    if news and news.status == "silent":
        muted = "digital silence: is the microphone muted?"
        return Text(fitting(width, muted, "digital silence: muted?"), "bold red")
    if news and now - state.changed < _NEWS:
        return Text(fitting(width, "the microphone is back"), "bold")
    if event is None:
        return Text(fitting(width, "silence: nobody has spoken yet", "silence"), "dim")
    if phase == "fading":
        ago, was = f"{age:.0f} s ago: ", "".join(_told(event))
        return Text(fitting(width, f"ended {ago}{was}", ago + was, was), "dim")
    since = f"since {_when(event, clock)}"
    nobody = f"silence: nobody speaks {since}"
    return Text(fitting(width, nobody, f"silence {since}", "silence"), "dim")


def _speech(event: EmotionEvent, began: float, width: int, looks: Mapping[str, Look]) -> Text:
    word, rest = _told(event)
    colour = looks[event.emotion].colour if event.emotion else ""
    before = f"hearing {event.end - began:.1f} s of speech: "
    if cell_len(before + word + rest) > width:
        before = ""
    return Text.assemble(before, (word, f"bold {colour}"), rest)


def _told(event: EmotionEvent) -> tuple[str, str]:
    """Return the answer in a word, and how sure it is."""
    percent = f"{100 * event.confidence:.0f} %"
    if event.emotion:
        return event.emotion, f", {percent} sure"
    likely = max(event.probabilities, key=lambda label: event.probabilities[label])
    return "unsure", f", perhaps {likely} ({percent})"


def _when(event: EmotionEvent | StatusEvent, clock: bool) -> str:
    if clock:
        return _clock(event)
    return f"{event.end if isinstance(event, EmotionEvent) else event.at:.1f} s"


def _clock(event: EmotionEvent | StatusEvent) -> str:
    return f"{event.time.astimezone():%H:%M:%S}"
