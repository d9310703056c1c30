"""Ctrl-C and SIGTERM: both ask the program to end."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], None]


class Interrupt:
    """A handler that ends whatever is going on.

    Code in C may turn what it raises into an error of its own, as NumPy does while it is imported:
    ``requested`` says that there was one. It raises no KeyboardInterrupt, because ``python -m``
    ends as if killed when one has passed through ``exec`` of a string, which making a dataclass
    is, even if it was caught.
    """

    def __init__(self) -> None:
        self.requested = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raises SystemExit with the code 0."""
        self.requested = True
        raise SystemExit(0)


_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def handling_signals(handler: Handler) -> Iterator[None]:
    """Within the block, ``handler`` is called for Ctrl-C and SIGTERM.

    SIGINT is taken even where it was ignored, as it is for the background jobs of a shell script:
    ``kill -INT`` must end a listener there too.
    """
    before = {number: signal.signal(number, handler) for number in _ENDING}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
