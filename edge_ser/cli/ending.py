"""When a stream ends before its source does."""

from __future__ import annotations

import io
import select
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType

from edge_ser.audio import SAMPLING_RATE, Block, Source
from edge_ser.errors import EdgeSerError


class EndingSource:
    """A source that ends early: after a signal, after a time, or when nobody reads stdout any more.

    It is the source that ends and not the loop over the events, so that the recogniser comes to a
    proper end too: the utterance that is being spoken is still reported.

    Args:
        source: what to listen to.
        duration: seconds of audio to let through; all of it if None.
        opened: called once the source is open.
        processed: called after each block, when whoever reads comes back for the next.
    """

    def __init__(
        self,
        source: Source,
        duration: float | None,
        opened: Callable[[], None],
        processed: Callable[[], None],
    ) -> None:
        self._source = source
        self._left = sys.maxsize if duration is None else max(1, round(duration * SAMPLING_RATE))
        self._opened = opened
        self._processed = processed
        self._stopped = False

    @property
    def name(self) -> str:
        """The name of what is listened to."""
        return self._source.name

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal: the source ends at the next block, and at a second signal at once.

        Raises:
            SystemExit: the second time.
        """
        if self._stopped:
            raise SystemExit(0)
        self._stopped = True

    def __enter__(self) -> EndingSource:
        self._source.__enter__()
        self._opened()
        return self

    def __exit__(self, *exc: object) -> None:
        self._source.__exit__(*exc)

    def __iter__(self) -> Iterator[Block]:
        try:
            yield from self._until_end()
        except EdgeSerError:
            if not self._stopped:  # a microphone that stalls after the user has ended it is no news
                raise

    def _until_end(self) -> Iterator[Block]:
        for block in self._source:
            self._left -= block.lost
            if self._stopped or self._left <= 0 or _nobody_reads():
                return
            if len(block.samples) >= self._left:
                yield replace(block, samples=block.samples[: self._left])
                return
            self._left -= len(block.samples)
            yield block
            self._processed()


def _nobody_reads() -> bool:
    """Whether stdout is a pipe whose other end is closed: writing alone would tell it too late."""
    try:
        descriptor = sys.stdout.fileno()
    except io.UnsupportedOperation:  # stdout has been replaced by something in memory
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
