"""What a house is told beside the events: state and mood. Times are passed in."""

from __future__ import annotations

import math
from typing import Any

from edge_ser.events import EmotionEvent, Event, StatusEvent

IDLE = 30.0
"""Seconds after the last event about speech until the state is ``idle``."""
HALF_LIFE = 60.0
"""Seconds of speech after which an utterance counts half for the mood."""
FORGOTTEN = 900.0
"""Seconds without an utterance after which the mood begins anew."""


class State:
    """The state of a room: ``idle``, ``speaking``, ``unsure`` or an emotion.

    It is ``speaking`` from the first window of an utterance on, then what the utterance was, until
    :data:`IDLE` seconds after it. A window without an end (the microphone was lost, or the speech
    could not be scored) becomes ``idle``, too.
    """

    def __init__(self) -> None:
        self.value = "idle"
        self._since = -math.inf

    @property
    def until(self) -> float:
        """When the state becomes ``idle`` if nothing happens; infinity if it is."""
        return math.inf if self.value == "idle" else self._since + IDLE

    def hear(self, event: Event, now: float) -> bool:
        """Take an event in at a time in seconds; return whether the state changed."""
        if isinstance(event, StatusEvent):
            stopped = self.value == "speaking" and event.status != "back"
            return self._become("idle" if stopped else self.value)
        self._since = now
        return self._become("speaking" if event.type == "window" else event.emotion or "unsure")

    def pass_time(self, now: float) -> bool:
        """Let it be ``now``, in seconds; return whether the state changed."""
        return self._become("idle" if now >= self.until else self.value)

    def _become(self, value: str) -> bool:
        changed, self.value = value != self.value, value
        return changed


class Mood:
    """The mean of the utterances' probabilities, in which earlier speech counts less.

    After an utterance of d seconds, what was before counts 2^(-d / HALF_LIFE), and the utterance
    the rest: two halves of an utterance count as the whole.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._weight = 0.0
        self._last = -math.inf

    def hear(self, utterance: EmotionEvent, now: float) -> dict[str, Any]:
        """Take an utterance in at a time in seconds.

        Returns:
            ``emotion``, the most probable label, and ``probabilities``, which sum to 1.
        """
        keep = 2.0 ** -((utterance.end - utterance.start) / HALF_LIFE)
        before = 0.0 if now - self._last > FORGOTTEN else keep
        self._last = now
        self._weight = before * self._weight + (1 - keep)
        self._sums = {
            label: before * self._sums.get(label, 0.0) + (1 - keep) * probability
            for label, probability in utterance.probabilities.items()
        }
        mean = {label: total / self._weight for label, total in self._sums.items()}
        return {
            "emotion": max(mean, key=mean.__getitem__),
            "probabilities": {label: round(value, 4) for label, value in mean.items()},
        }
