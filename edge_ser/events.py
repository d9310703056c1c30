"""The recogniser's results: events of a stream, and the classification of a whole signal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

LABELS = ("angry", "happy", "neutral", "sad")


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, kw_only=True)
class EmotionEvent:
    """The emotion of an utterance, or of speech that is not finished yet.

    Args:
        type: ``window`` (rolling, while someone speaks) or ``utterance`` (they stopped).
        time: when ``end`` was heard or read, in UTC.
        start: seconds of captured audio since the start of the stream, lost audio included.
        end: as ``start``.
        emotion: the most probable label, or None where ``confidence`` is below the threshold.
        confidence: the largest probability.
        probabilities: label to probability; they sum to 1.
        heard: seconds of this voice in the statistics that normalised it, weighted.
        latency_ms: from the arrival of the newest sample used to the creation of this event.
        dropped: samples lost since the start of the stream.
        model: name of the bundle.
        backend: ``numpy``, ``onnx`` or ``tflite``.
    """

    type: Literal["window", "utterance"]
    time: datetime = field(default_factory=_now)
    start: float
    end: float
    emotion: str | None
    confidence: float
    probabilities: dict[str, float]
    heard: float
    latency_ms: float
    dropped: int
    model: str
    backend: str

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, with the keys in the order of the fields."""
        return _plain(asdict(self))


@dataclass(frozen=True, kw_only=True)
class StatusEvent:
    """A change in the state of a stream.

    Args:
        type: ``status``.
        time: when it happened, in UTC.
        status: ``lost``, ``silent`` (nothing but zeros) or ``back``: the microphone; ``error``:
            speech that could not be scored.
        at: seconds of captured audio since the start of the stream, lost audio included.
        message: one line for people to read.
        dropped: as in :class:`EmotionEvent`.
    """

    type: Literal["status"] = "status"
    time: datetime = field(default_factory=_now)
    status: Literal["lost", "silent", "back", "error"]
    at: float
    message: str
    dropped: int

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, with the keys in the order of the fields."""
        return _plain(asdict(self))


Event = EmotionEvent | StatusEvent
"""Anything that a stream yields."""


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One utterance of a classified signal; fields as in :class:`EmotionEvent`."""

    start: float
    end: float
    emotion: str | None
    confidence: float
    probabilities: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The result for a whole signal.

    ``probabilities`` is the mean over ``utterances``, weighted by duration. It, ``emotion`` and
    ``confidence`` are None where no speech was detected. ``emotion`` is also None where
    ``confidence`` is below the threshold.
    """

    emotion: str | None = None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    utterances: tuple[Utterance, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold, with the keys in the order of the fields."""
        return _plain(asdict(self))


def _plain(value: Any) -> Any:
    """Round numbers to four decimals, and write times as RFC 3339 does."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return round(value, 4) if isinstance(value, float) else value
