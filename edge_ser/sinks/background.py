"""A sink that acts in a thread of its own, so that the stream never waits for it."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from edge_ser.events import Event
    from edge_ser.sinks import Warn

_S = TypeVar("_S", bound="BackgroundSink")


class BackgroundSink(ABC):
    """A sink that acts on utterances and statuses in order, while the newest others wait.

    Args:
        option: the option that asked for it, which begins its warnings.
        kept: number of events that may wait; of more, the oldest are left out and counted.
        last: seconds that are left to it at the end of the stream.
        warn: called when events were left out.
    """

    def __init__(self, option: str, kept: int, last: float, warn: Warn) -> None:
        self._option, self._kept, self._last, self._warn = option, kept, last, warn
        self._waiting: deque[Event] = deque()
        self._left_out = 0
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._deadline = math.inf
        self._thread = threading.Thread(target=self._run, name=option, daemon=True)

    @abstractmethod
    def act(self, event: Event) -> None:
        """Act on one event; may block, but not for long after ``_deadline``."""

    def __enter__(self: _S) -> _S:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Act on what waits, at most for the time that is left to it."""
        with self._changed:
            self._deadline = time.monotonic() + self._last
            self._ending.set()
            self._changed.notify()
        try:
            self._thread.join(self._last)
        finally:  # a second Ctrl-C ends it at once
            self._deadline = time.monotonic()
            self._thread.join(0.5)
            with self._changed:
                self._left_out += len(self._waiting) + self._thread.is_alive()
                self._waiting.clear()
            self._tell_left_out()
            self._warn = lambda text: None  # a thread that still hangs has nothing to tell

    def __call__(self, event: Event) -> None:
        """Let the event wait for its turn, unless it is a ``window``."""
        if event.type == "window":
            return
        with self._changed:
            self._waiting.append(event)
            if len(self._waiting) > self._kept:
                self._waiting.popleft()
                self._left_out += 1
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending.is_set())
                if not self._waiting:
                    return
                event = self._waiting.popleft()
            self.act(event)
            if not self._waiting:
                self._tell_left_out()

    def _take_left_out(self) -> int:
        """Return how many events were left out since the last call."""
        with self._changed:
            number, self._left_out = self._left_out, 0
        return number

    def _tell_left_out(self) -> None:
        if number := self._take_left_out():
            events = "1 event was" if number == 1 else f"{number} events were"
            self._warn(f"{self._option}: {events} left out")
