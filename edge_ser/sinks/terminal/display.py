"""The sink that draws the display on a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.live import Live

from edge_ser.audio import SAMPLING_RATE
from edge_ser.events import Event, StatusEvent
from edge_ser.sinks.terminal.looks import looks
from edge_ser.sinks.terminal.screen import Screen
from edge_ser.sinks.terminal.state import Reading, State
from edge_ser.sinks.terminal.summary import summary
from edge_ser.sinks.terminal.text import glyphs
from edge_ser.sinks.terminal.words import notice, utterance

if TYPE_CHECKING:
    from collections.abc import Sequence

_REFRESHES = 8
"""Refreshes per second."""


class Progress(Protocol):
    """How far a source is; read several times a second, by another thread."""

    level: float
    """Level of the newest audio in dBFS; -inf: digital silence."""
    heard: int
    """Samples so far, lost ones included."""
    lost: int
    """Samples of them that were lost."""


class LiveDisplay:
    """A sink that draws on a terminal, and sums up the session at the end.

    Args:
        labels: the emotions, in the order of their bars.
        progress: of the source.
        clock: whether utterances carry the time of day, as for a microphone; else their place in
            the stream.
        console: where to draw; stdout by default.
    """

    def __init__(
        self,
        labels: Sequence[str],
        progress: Progress,
        clock: bool,
        console: Console | None = None,
    ) -> None:
        self._looks = looks(labels)
        self._state = State(tuple(labels))
        self._progress = progress
        self._clock = clock
        self._live = Live(
            get_renderable=self._screen,
            console=console or Console(),
            refresh_per_second=_REFRESHES,
            transient=True,  # only the list of utterances stays on the terminal
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),  # warnings stay, above the bars
        )

    def _screen(self) -> Screen:
        return Screen(self._state, self._reading(), self._looks, self._clock)

    def _reading(self) -> Reading:
        progress = self._progress
        return Reading(
            now=time.monotonic(),
            level=progress.level,
            seconds=progress.heard / SAMPLING_RATE,
            lost=progress.lost / SAMPLING_RATE,
        )

    def __enter__(self) -> LiveDisplay:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()
        console = self._live.console
        for line in summary(
            self._state, self._looks, self._reading(), console.width, glyphs(console.options)
        ):
            console.print(line)

    def __call__(self, event: Event) -> None:
        """Update the bars; print finished utterances and status messages above them."""
        self._state = self._state.after(event, time.monotonic())
        console = self._live.console
        if isinstance(event, StatusEvent):
            console.print(notice(event, self._clock), soft_wrap=True)
        elif event.type == "utterance":
            line = utterance(event, console.width, self._clock, self._looks)
            console.print(line, soft_wrap=True)
