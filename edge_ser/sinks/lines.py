"""Sinks that write lines: plain text for pipes and logs, JSON for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO, TypeVar

from edge_ser.events import EmotionEvent, Event, StatusEvent, Utterance

if TYPE_CHECKING:
    from collections.abc import Mapping

_L = TypeVar("_L", bound="_Lines")


class _Lines:
    """A sink that writes lines to a stream, which it does not close."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self: _L) -> _L:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stream.flush()

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")
        self._stream.flush()


class JsonLines(_Lines):
    """A sink that writes every event as one JSON object per line."""

    def __call__(self, event: Event) -> None:
        """Write the event."""
        self._write(json.dumps(event.to_dict()))


class PlainLines(_Lines):
    """A sink that writes one line of text per utterance."""

    def __call__(self, event: Event) -> None:
        """Write the event if it is an utterance."""
        if isinstance(event, EmotionEvent) and event.type == "utterance":
            self._write(utterance_line(event))


class StatusLines(_Lines):
    """A sink that writes one line of text per status event."""

    def __call__(self, event: Event) -> None:
        """Write the event if it is a status."""
        if isinstance(event, StatusEvent):
            self._write(event.message)


def utterance_line(event: EmotionEvent | Utterance) -> str:
    """Format ``  1.25 –  3.90 s  angry    81 %  (happy 11 %, neutral 5 %, sad 3 %)``."""
    return f"{span(event)}  {decision(event.emotion, event.probabilities)}"


def span(event: EmotionEvent | Utterance) -> str:
    """Format ``  1.25 –  3.90 s``."""
    return f"{event.start:6.2f} – {event.end:5.2f} s"


def decision(emotion: str | None, probabilities: Mapping[str, float]) -> str:
    """Format the emotion and its probability, then the others in brackets, most likely first."""
    ranked = sorted(probabilities.items(), key=lambda item: -item[1])
    others = ranked if emotion is None else ranked[1:]
    listed = ", ".join(f"{label} {100 * p:.0f} %" for label, p in others)
    return f"{answer(emotion, probabilities)}  ({listed})"


def answer(emotion: str | None, probabilities: Mapping[str, float]) -> str:
    """Format the emotion and its probability, or ``unsure``, as wide for all the labels."""
    width = max(map(len, probabilities))
    if emotion is None:
        return f"{'unsure':{width + 6}}"
    return f"{emotion:{width}} {100 * probabilities[emotion]:3.0f} %"
