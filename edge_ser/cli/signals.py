"""Handling of Ctrl-C and SIGTERM, both of which end the program."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], None]


class Interrupt:
    """A signal handler that ends the program at once.

    C code may turn the exception into another one, as NumPy does while it is being imported, so
    ``requested`` records that there was a signal. The exception is not KeyboardInterrupt: if one
    has passed through ``exec`` of a string, as used by dataclasses, ``python -m`` ends as if it
    had been killed, even if the exception was caught.
    """

    def __init__(self) -> None:
        self.requested = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise SystemExit with code 0."""
        self.requested = True
        raise SystemExit(0)


_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handling_signals(handler: Handler) -> Iterator[None]:
    """Call ``handler`` for Ctrl-C and SIGTERM within the block.

    SIGINT is handled even if it was ignored before, as in background jobs of a shell script:
    ``kill -INT`` must end a listener there too.
    """
    before = {number: signal.signal(number, handler) for number in _ENDING}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
