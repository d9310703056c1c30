"""Blocks of audio, and the interface of the sources that deliver them."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

SAMPLING_RATE = 16_000
"""Hz; everything downstream of a source works at this rate."""


@dataclass(frozen=True)
class Status:
    """A change in the state of a source that may be lost and come back.

    Args:
        state: ``lost``, ``silent`` (nothing but zeros) or ``back``.
        message: one line for people to read.
    """

    state: Literal["lost", "silent", "back"]
    message: str


@dataclass(frozen=True)
class Block:
    """A piece of audio.

    Args:
        samples: int16 (n,), mono at 16 kHz; n is 0 while a source delivers nothing.
        arrival: ``time.monotonic()`` when it was captured or read.
        lost: samples lost between the previous block and this one, at 16 kHz; 0 for files.
        status: the change of state that happened just before this block, if any.
    """

    samples: NDArray[np.int16]
    arrival: float
    lost: int = 0
    status: Status | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the previous block, lost audio included."""
        return (len(self.samples) + self.lost) / SAMPLING_RATE


class Source(Protocol):
    """A source of audio: iterating over it yields blocks.

    ``with`` opens it early and makes sure that it is closed. A file that cannot be used or a
    microphone that cannot be opened raises :class:`EdgeSerError` on entering ``with``, or at the
    first block where there is no ``with``.
    """

    @property
    def name(self) -> str:
        """Name for people to read; final once the source is open."""

    def __iter__(self) -> Iterator[Block]: ...

    def __enter__(self) -> object: ...

    def __exit__(self, *exc: object) -> None: ...


class ClosableSource(Source, Protocol):
    """A source that any thread can end: what has been read is still delivered."""

    def close(self) -> None:
        """End the iterations under way."""


class Closable:
    """The ``close`` of a source, for its iterations to look at."""

    def __init__(self) -> None:
        self._closed = Event()

    def close(self) -> None:
        """End the iterations under way; any thread may call this, and iterate again."""
        closed, self._closed = self._closed, Event()
        closed.set()
