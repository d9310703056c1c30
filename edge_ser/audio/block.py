"""What every source of audio delivers, and what a source is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLING_RATE = 16_000
"""Hz; everything behind a source works at this rate."""


@dataclass(frozen=True)
class Status:
    """What has become of a source that comes and goes.

    Args:
        state: ``lost`` or ``back``.
        message: one line for people to read.
    """

    state: Literal["lost", "back"]
    message: str


@dataclass(frozen=True)
class Block:
    """A piece of audio.

    Args:
        samples: int16 (n,), mono at 16 kHz; n is 0 while a source is away.
        arrival: ``time.monotonic()`` when it was captured or read.
        lost: samples lost between the previous block and this one, at 16 kHz; 0 for files.
        status: what has just become of the source; None where nothing has.
    """

    samples: NDArray[np.int16]
    arrival: float
    lost: int = 0
    status: Status | None = None


class Source(Protocol):
    """Iterate over it for the blocks; ``with`` opens it early and closes it for certain.

    A file that cannot be used or a microphone that does not open raises :class:`EdgeSerError` on
    entering ``with``, or at the first block where there is no ``with``.
    """

    @property
    def name(self) -> str:
        """What it is called, for people to read; final once the source is open."""

    def __iter__(self) -> Iterator[Block]: ...

    def __enter__(self) -> object: ...

    def __exit__(self, *exc: object) -> None: ...
