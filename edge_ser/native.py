"""What native libraries write to stderr, kept off the screen."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1.0
"""Seconds after which file descriptor 2 is given back, even if the call has not returned."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence what native libraries write to file descriptor 2 within the block.

    PortAudio, ALSA and TFLite write there even when nothing is wrong; errors are raised as
    exceptions anyway. The descriptor belongs to the whole process: a call that hangs has it for
    no longer than :data:`LONGEST`. Several threads may be within at the same time.
    """
    if isinstance(sys.stderr, io.TextIOBase):
        sys.stderr.flush()
    _descriptor.take()
    try:
        yield
    finally:
        _descriptor.leave()


def separate_stderr() -> None:
    """Give Python's stderr a file descriptor of its own, which :func:`quiet` does not silence."""
    try:
        own = os.dup(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):  # closed, or replaced by an object in memory
        return
    raw = io.FileIO(own, "w")
    encoding, errors = sys.stderr.encoding, sys.stderr.errors
    sys.stderr = io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=True)


class _Descriptor:
    """File descriptor 2, and how many blocks want it silent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._kept: int | None = None
        self._timer: threading.Timer | None = None

    def take(self) -> None:
        with self._lock:
            self._blocks += 1
            if self._kept is not None:
                return
            try:
                self._kept = os.dup(2)
            except OSError:  # no stderr
                return
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            self._timer = threading.Timer(LONGEST, self._give_back)
            self._timer.daemon = True
            self._timer.start()

    def leave(self) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0:
                self._restore()

    def _give_back(self) -> None:
        with self._lock:
            if threading.current_thread() is self._timer:
                self._restore()

    def _restore(self) -> None:
        if self._kept is not None and self._timer:
            self._timer.cancel()
            os.dup2(self._kept, 2)
            os.close(self._kept)
            self._kept = self._timer = None


_descriptor = _Descriptor()
