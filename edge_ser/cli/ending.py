"""A source that ends early, so that its stream ends properly."""

from __future__ import annotations

import io
import math
import select
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from edge_ser.audio import SAMPLING_RATE, Block, Source
from edge_ser.audio.quality import dbfs
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class EndingSource:
    """A source that ends early: after a signal, after a time, or when the pipe on stdout is closed.

    The source ends, not the loop over the events, so that the recogniser can finish: it still
    reports the utterance that is being spoken.

    Args:
        source: the source to listen to.
        duration: seconds of audio to let through; None: all of it.
        opened: called once the source is open.
        processed: called when a block has been processed, before the next one is read.
    """

    def __init__(
        self,
        source: Source,
        duration: float | None,
        opened: Callable[[], None],
        processed: Callable[[], None],
    ) -> None:
        self._source = source
        self._length = sys.maxsize if duration is None else max(1, round(duration * SAMPLING_RATE))
        self._opened = opened
        self._processed = processed
        self._stopped = self._open = False
        self.level = -math.inf
        """Level of the last block in dBFS; -inf for digital silence."""
        self.heard = 0
        """Samples so far, lost ones included."""
        self.lost = 0
        """Samples of them that were lost."""

    @property
    def name(self) -> str:
        """Name of the underlying source."""
        return self._source.name

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: end at the next block; at once before the source is open.

        Raises:
            SystemExit: before the source is open, and at the second signal.
        """
        if self._stopped or not self._open:
            raise SystemExit(0)
        self._stopped = True

    def __enter__(self) -> EndingSource:
        self._source.__enter__()
        self._open = True
        self._opened()
        return self

    def __exit__(self, *exc: object) -> None:
        self._source.__exit__(*exc)

    def __iter__(self) -> Iterator[Block]:
        try:
            yield from self._until_end()
        except EdgeSerError:
            if not self._stopped:  # a microphone may stall after the user has ended the stream
                raise

    def _until_end(self) -> Iterator[Block]:
        for block in self._source:
            self.level = dbfs(block.samples)
            self.lost += block.lost
            self.heard += block.lost
            left = self._length - self.heard
            if self._stopped or left <= 0 or _stdout_closed():
                return
            if len(block.samples) >= left:
                self.heard += left
                yield replace(block, samples=block.samples[:left])
                return
            self.heard += len(block.samples)
            yield block
            self._processed()


def _stdout_closed() -> bool:
    """Return whether stdout is a pipe whose other end is closed; a write would notice too late."""
    try:
        descriptor = sys.stdout.fileno()
    except io.UnsupportedOperation:  # stdout has been replaced by an object in memory
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
