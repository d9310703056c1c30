"""What segmenters find: a part of the stream with its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge_ser.features import FeatureSet


@dataclass(frozen=True)
class SpeechSegment:
    """An utterance (``final``), or the part of it that has been spoken so far, with its nodes.

    Args:
        start: seconds since the start of the stream.
        end: as ``start``.
        values: (n, d) float32 raw vectors whose centres lie in [start, end].
        newest: time of the newest sample that was needed, in seconds since the start of the stream.
        final: whether the utterance has ended.
    """

    start: float
    end: float
    values: NDArray[np.float32]
    newest: float
    final: bool


class Segmenter(Protocol):
    """What finds the speech segments of a stream; see the two that there are."""

    features: FeatureSet

    def push(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        """Process (n,) int16 samples; return the segments that are complete by now, in order."""

    def finish(self) -> list[SpeechSegment]:
        """End the stream; return the segments that were still open."""

    def restart(self, offset: float) -> None:
        """Discard everything and start again ``offset`` seconds into the source."""

    def close(self) -> None:
        """Release what it holds."""
