"""What pages are told: the history of the stream, then one message after the other."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from edge_ser.events import Event, StatusEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

HOURS = 6.0
"""Hours of utterances and statuses that a page gets when it is opened."""
KEPT = 4000
"""Most utterances and statuses of them: a megabyte and a half."""
_NEWEST = 500
"""Most messages that a page may be behind; beyond that it starts anew."""


class Feed:
    """Messages for any number of readers, each of which keeps its own place in them.

    Messages are server-sent events. ``hello`` begins: the labels, and the history. What has no
    name is an event, the object of the JSON lines. ``source``, ``microphone``, ``summary`` and
    ``enrolment`` are states: the newest of each follows ``hello``. Any thread may write,
    and any may read.

    Args:
        labels: the emotions.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = list(labels)
        self._counts = dict.fromkeys(labels, 0)
        self._unsure = 0
        self._speech = 0.0
        self._began = time.time()
        self._number = 0  # messages so far
        self._newest: deque[str] = deque(maxlen=_NEWEST)
        self._history: deque[tuple[float, str]] = deque(maxlen=KEPT)
        self._states: dict[str, str] = {}
        self._lock = threading.RLock()
        self._sum_up()
        self.state("microphone", {"state": "on", "message": ""})

    def event(self, event: Event) -> None:
        """Tell the event, and what it changes."""
        data = json.dumps(event.to_dict())
        with self._lock:
            self._tell(f"data: {data}\n\n")
            if isinstance(event, StatusEvent):
                self._keep(data)
                if event.status != "error":
                    state = "on" if event.status == "back" else event.status
                    self.state("microphone", {"state": state, "message": event.message})
            elif event.type == "utterance":
                self._keep(data)
                if event.emotion is None:
                    self._unsure += 1
                else:
                    self._counts[event.emotion] += 1
                self._speech += event.end - event.start
                self._sum_up()

    def state(self, kind: str, data: dict[str, Any]) -> None:
        """Tell a state, which replaces the last one of this kind."""
        message = _message(kind, json.dumps(data))
        with self._lock:
            self._states[kind] = message
            self._tell(message)

    def since(self, number: int | None) -> tuple[int, str]:
        """Return how many messages there are, and the text of those after the first ``number``.

        Args:
            number: what was returned the last time; None: nothing yet. Who is too far behind gets
                what a new reader gets.
        """
        with self._lock:
            behind = self._number if number is None else self._number - number
            if number is None or behind > len(self._newest):
                return self._number, self._hello()
            first = len(self._newest) - behind
            return self._number, "".join(list(self._newest)[first:])

    def _hello(self) -> str:
        self._forget()
        head = json.dumps({"labels": self._labels, "now": time.time(), "hours": HOURS})
        # joined, not built anew: a page that is opened must not hold up the stream
        events = ", ".join(text for _, text in self._history)
        return _message("hello", f'{head[:-1]}, "events": [{events}]}}') + "".join(
            self._states.values()
        )

    def _tell(self, message: str) -> None:
        self._newest.append(message)
        self._number += 1

    def _keep(self, text: str) -> None:
        self._history.append((time.monotonic(), text))
        self._forget()

    def _forget(self) -> None:
        oldest = time.monotonic() - 3600 * HOURS
        while self._history and self._history[0][0] < oldest:
            self._history.popleft()

    def _sum_up(self) -> None:
        summary = {"counts": self._counts, "unsure": self._unsure}
        self.state("summary", {**summary, "speech": round(self._speech, 1), "began": self._began})


def _message(kind: str, data: str) -> str:
    return f"event: {kind}\ndata: {data}\n\n"
