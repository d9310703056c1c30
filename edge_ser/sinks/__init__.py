"""Sinks: where the events of a stream go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge_ser.events import Event

Warn = Callable[[str], None]
"""Takes one line for people about a problem that does not end the stream."""


class Sink(Protocol):
    """A receiver of the events of a stream, one by one."""

    def __enter__(self) -> object:
        """Prepare for events, once the source is open."""

    def __exit__(self, *exc: object) -> None:
        """Finish, once the stream has ended."""

    def __call__(self, event: Event) -> None:
        """Show, write or send one event."""
