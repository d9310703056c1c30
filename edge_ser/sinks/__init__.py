"""Where the events of a stream go."""

from __future__ import annotations

from typing import Protocol

from edge_ser.events import Event


class Sink(Protocol):
    """Takes events one by one, between the beginning and the end of a stream."""

    def __enter__(self) -> object:
        """Called when the source is open."""

    def __exit__(self, *exc: object) -> None:
        """Called when the stream has ended."""

    def __call__(self, event: Event) -> None:
        """Shows or sends one event."""
