"""Where the events of a stream go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Protocol

from edge_ser.events import Event

Warn = Callable[[str], None]
"""Takes one line for people: something is wrong that does not end the stream."""


class Sink(Protocol):
    """Takes events one by one, between the beginning and the end of a stream."""

    def __enter__(self) -> object:
        """Called when the source is open."""

    def __exit__(self, *exc: object) -> None:
        """Called when the stream has ended."""

    def __call__(self, event: Event) -> None:
        """Shows or sends one event."""


def record(event: Event) -> dict[str, Any]:
    """The event with the ``time`` of day, for what outlives the stream: ISO 8601, UTC."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return {"time": now, **event.to_dict()}
