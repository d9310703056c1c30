"""The live display in a terminal: finished utterances scroll above moving bars."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.sinks.lines import utterance_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COLOURS = {"angry": "red", "happy": "yellow", "neutral": "cyan", "sad": "blue"}
_QUIETEST = -60.0
"""Level in dBFS at which the meter is empty; it is full at 0."""
_WIDTH = 32
_REFRESHES = 8
"""Refreshes per second."""


@dataclass(frozen=True)
class Screen:
    """Contents of the moving part of the display.

    Args:
        labels: the emotions, one bar each.
        level: current level in dBFS.
        event: the last event, if there was any.
        lost: whether the microphone is lost.
    """

    labels: Sequence[str]
    level: float
    event: EmotionEvent | None
    lost: bool = False


def render(screen: Screen) -> RenderableType:
    """Render the moving part: the level, one bar per emotion, and the state."""
    event = screen.event
    speaking = event is not None and event.type == "window"
    table = Table.grid(padding=(0, 1))
    loud = min(max(screen.level - _QUIETEST, 0.0), -_QUIETEST)
    number = f"{screen.level:4.0f} dB" if screen.level > _QUIETEST else "silence"
    table.add_row("level", _bar(loud / -_QUIETEST, "green"), number)
    for label in screen.labels:
        share = event.probabilities[label] if event else 0.0
        colour = COLOURS.get(label, "white") if speaking else "grey50"
        style = "bold" if speaking and event and label == event.emotion else ""
        table.add_row(Text(label, style), _bar(share, colour), Text(f"{100 * share:4.0f} %", style))
    return Group(Text(), table, _status(screen), Text("Ctrl-C ends", "dim"))


def _bar(share: float, colour: str) -> ProgressBar:
    return ProgressBar(
        1.0, share, width=_WIDTH, complete_style=colour, finished_style=colour, style="grey23"
    )


def _status(screen: Screen) -> Text:
    event = screen.event
    if screen.lost:
        text = Text("waiting for the microphone", "bold red")
    elif event is None or event.type == "utterance":
        text = Text("waiting for someone to speak", "dim")
    else:
        sure = f"{100 * event.confidence:.0f} % sure"
        text = Text(f"hearing {event.end - event.start:.1f} s of speech: ")
        text.append(event.emotion or "unsure", f"bold {COLOURS.get(event.emotion or '', '')}")
        text.append(f", {sure}")
    if event is not None and event.dropped:
        text.append(f"   {event.dropped} samples lost", "red")
    return text


class LiveDisplay:
    """A sink that draws on a terminal.

    Args:
        labels: the emotions, in the order of their bars.
        level: returns the current level in dBFS; called several times a second.
        console: where to draw; stdout by default.
    """

    def __init__(
        self, labels: Sequence[str], level: Callable[[], float], console: Console | None = None
    ) -> None:
        self._labels = labels
        self._level = level
        self._event: EmotionEvent | None = None
        self._lost = False
        self._live = Live(
            get_renderable=self._render,
            console=console or Console(),
            refresh_per_second=_REFRESHES,
            transient=True,  # only the list of utterances stays on the terminal
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),  # warnings stay, above the bars
        )

    def _render(self) -> RenderableType:
        return render(Screen(self._labels, self._level(), self._event, self._lost))

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Update the bars; print finished utterances and status messages above them."""
        if isinstance(event, StatusEvent):
            if event.status != "error":
                self._lost = event.status == "lost"
            self._live.console.print(Text(event.message, "red"), soft_wrap=True)
            return
        self._event = event
        if event.type == "utterance":
            colour = COLOURS.get(event.emotion or "", "")
            self._live.console.print(Text(utterance_line(event), colour), soft_wrap=True)
