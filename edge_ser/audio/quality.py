"""What a recording is like, as numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio.block import SAMPLING_RATE

_FRAME = SAMPLING_RATE // 50
_FULL = 32767


class Quality(NamedTuple):
    """Of a recording.

    Args:
        level: dBFS of all of it; -inf for digital silence.
        floor: dBFS of its quietest tenth, in frames of 20 ms: what is there when nobody speaks.
        clipped: share of its samples at either end of the range.
        offset: mean, as a share of the range.
    """

    level: float
    floor: float
    clipped: float
    offset: float

    @classmethod
    def of(cls, samples: NDArray[np.int16]) -> Quality:
        """Of (n,) int16 samples, at least a frame."""
        frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        return cls(
            dbfs(samples),
            _decibels(float(np.sqrt(np.quantile(power, 0.1)))),
            float(np.mean(np.abs(samples.astype(np.int32)) >= _FULL)),
            float(np.mean(samples) / (_FULL + 1)),
        )


def dbfs(samples: NDArray[np.int16]) -> float:
    """Root mean square in dB below full scale; -inf for digital silence, or none at all."""
    if len(samples) == 0:
        return -np.inf
    return _decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


def _decibels(rms: float) -> float:
    return 20 * float(np.log10(rms / (_FULL + 1))) if rms else -np.inf
