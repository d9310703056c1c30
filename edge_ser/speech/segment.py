"""What segmenters find: a part of the stream with its nodes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_ser.audio import SAMPLING_RATE
from edge_ser.audio.dc import DCBlocker

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from typing_extensions import Self

    from edge_ser.features import FeatureSet


@dataclass(frozen=True)
class SpeechSegment:
    """An utterance (``final``), or the part of it that has been spoken so far, with its nodes.

    Args:
        start: seconds since the start of the stream.
        end: as ``start``.
        values: (n, d) float32 raw vectors whose centres lie in [start, end].
        first: time of the middle of the first vector; the others follow a step apart.
        newest: time of the newest sample that was needed, in seconds since the start of the stream.
        final: whether the utterance has ended.
    """

    start: float
    end: float
    values: NDArray[np.float32]
    first: float
    newest: float
    final: bool


class Segmenter(ABC):
    """Segmenter of a stream of samples into speech segments with their nodes.

    Args:
        features: feature set of the nodes.
        hop: seconds between two segments of an unfinished utterance; None: only whole utterances.
    """

    def __init__(self, features: FeatureSet, hop: float | None) -> None:
        self.features = features
        self._hop = hop
        self.on_descriptors: Callable[[NDArray[np.float32]], None] | None = None
        """Called with the (n, 25) LLDs of eGeMAPS as they arrive, from :data:`LEAD_IN` seconds
        before the source on; never where openSMILE is not needed."""
        self._arrive(0.0)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the d values of a vector; empty where they have none."""
        return ()

    def push(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        """Process (n,) int16 samples; return the segments that are complete by now, in order."""
        if len(samples) == 0:
            return []
        self._untouched = False
        self._seconds += len(samples) / SAMPLING_RATE
        return self._hear(self._blocker.push(samples))

    def finish(self) -> list[SpeechSegment]:
        """End the stream; return the segments that were still open."""
        return [] if self._untouched else self._end()

    @abstractmethod
    def restart(self, offset: float) -> None:
        """Discard everything and start again ``offset`` seconds into the source."""

    @abstractmethod
    def close(self) -> None:
        """Release what it holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _arrive(self, offset: float) -> None:
        """Expect samples from ``offset`` seconds into the source on."""
        self._seconds = offset  # time in the source up to which samples have arrived
        self._untouched = True
        self._blocker = DCBlocker()

    @abstractmethod
    def _hear(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        """Process samples without their offset."""

    @abstractmethod
    def _end(self) -> list[SpeechSegment]:
        """End a stream of which something has been heard."""
