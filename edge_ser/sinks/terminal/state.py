"""What the live display knows of the session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from edge_ser.events import EmotionEvent, Event, StatusEvent
from edge_ser.sinks.terminal.timeline import LOST, UNSURE, Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STALE = 3.0
"""Seconds after which a window is over: if what began as speech is none, no utterance follows."""
FADE = 6.0
"""Seconds in which the bars of the last utterance fade."""


@dataclass(frozen=True)
class Reading:
    """What the source says at the moment of drawing.

    Args:
        now: seconds of any steady clock, the same as in :meth:`State.after`.
        level: of the newest audio, in dBFS; -inf: digital silence.
        seconds: of captured audio since the start, lost audio included.
        lost: seconds of them that were lost.
    """

    now: float
    level: float
    seconds: float
    lost: float = 0.0


@dataclass(frozen=True)
class State:
    """The session so far. It does not change: events give another one.

    Args:
        labels: the emotions, in the order of their bars.
        event: the newest window or utterance.
        arrived: when it came, on the clock of :meth:`after`.
        began: second of the stream at which that speech began.
        status: the newest status of the microphone.
        changed: when it came.
        counts: utterances by emotion; those without one under None.
        speech: seconds of all utterances.
        timeline: of all utterances, and of lost audio.
    """

    labels: Sequence[str]
    event: EmotionEvent | None = None
    arrived: float = 0.0
    began: float = 0.0
    status: StatusEvent | None = None
    changed: float = 0.0
    counts: Mapping[str | None, int] = field(default_factory=dict)
    speech: float = 0.0
    timeline: Timeline = field(default_factory=Timeline)

    def after(self, event: Event, now: float) -> State:
        """Return the state after an event that came at ``now``."""
        if isinstance(event, StatusEvent):
            return self._with_status(event, now)
        before = self.event
        goes_on = before and before.type == "window" and event.start < before.end
        began = min(self.began, event.start) if goes_on else event.start
        state = replace(self, event=event, arrived=now, began=began)
        return state if event.type == "window" else state._with_utterance(event)

    def _with_utterance(self, event: EmotionEvent) -> State:
        return replace(
            self,
            counts={**self.counts, event.emotion: self.counts.get(event.emotion, 0) + 1},
            speech=self.speech + event.end - event.start,
            timeline=self.timeline.add(event.start, event.end, self._kind(event)),
        )

    def _with_status(self, event: StatusEvent, now: float) -> State:
        if event.status == "error":
            return self
        return replace(self, status=event, changed=now, timeline=self._with_loss(event.at))

    def history(self, now: float, seconds: float) -> Timeline:
        """Return the timeline with what goes on: speech, or the loss of the microphone."""
        history = self._with_loss(seconds)
        if self.event and self.phase(now)[0] == "speech":
            return history.add(self.began, self.event.end, self._kind(self.event))
        return history

    def _with_loss(self, seconds: float) -> Timeline:
        if self.status and self.status.status == "lost":
            return self.timeline.add(self.status.at, seconds, LOST)
        return self.timeline

    def _kind(self, event: EmotionEvent) -> int:
        return UNSURE if event.emotion is None else self.labels.index(event.emotion)

    def phase(self, now: float) -> tuple[Literal["speech", "fading", "silence"], float]:
        """Return what is shown of the newest event, and the seconds since it was news."""
        if self.event is None:
            return "silence", 0.0
        age = now - self.arrived
        if self.event.type == "window":
            if age < STALE:
                return "speech", age
            age -= STALE
        return ("fading" if age < FADE else "silence"), age
