"""Recording quality: level, noise floor, clipping, DC offset and band."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME = SAMPLING_RATE // 50
_FULL = 32767
_MIDDLE = (500, 2000)  # Hz
_CLIFF = 10 ** (-45 / 10)


class Quality(NamedTuple):
    """Quality of a recording.

    Args:
        level: level of the whole recording in dBFS; -inf for digital silence.
        floor: level in dBFS below which the quietest tenth of its 20 ms frames lies: the noise
            between words.
        clipped: share of the samples at either end of the range.
        offset: mean of the samples, as a share of full scale.
        bandwidth: frequency in Hz above which there is next to nothing; 0 for digital silence.
    """

    level: float
    floor: float
    clipped: float
    offset: float
    bandwidth: float

    @classmethod
    def of(cls, samples: NDArray[np.int16]) -> Quality:
        """Measure (n,) int16 samples, at least one frame of 20 ms."""
        frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
        power = np.mean(np.square(frames, dtype=np.float64), axis=1)
        return cls(
            dbfs(samples),
            _decibels(float(np.sqrt(np.quantile(power, 0.1)))),
            clipped_samples(samples) / len(samples),
            float(np.mean(samples) / (_FULL + 1)),
            _bandwidth(frames),
        )


def _bandwidth(frames: NDArray[np.int16]) -> float:
    """Return the highest frequency in Hz with a power density like that of the middle of the band.

    The density of speech and of noise falls gently; a telephone's, or a recording's at 8 kHz,
    falls off a cliff.
    """
    spectrum = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), axis=1))).mean(axis=0)
    frequencies = np.fft.rfftfreq(_FRAME, 1 / SAMPLING_RATE)
    middle = (frequencies >= _MIDDLE[0]) & (frequencies <= _MIDDLE[1])
    alike = spectrum > np.median(spectrum[middle]) * _CLIFF
    return float(frequencies[alike].max(initial=0.0))


def clipped_samples(samples: NDArray[np.int16]) -> int:
    """Count the samples at either end of the range."""
    return int(np.count_nonzero(np.abs(samples.astype(np.int32)) >= _FULL))


def dbfs(samples: NDArray[np.int16]) -> float:
    """Compute the root mean square in dBFS; -inf for digital silence and for no samples."""
    if len(samples) == 0:
        return -np.inf
    return _decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


def _decibels(rms: float) -> float:
    return 20 * float(np.log10(rms / (_FULL + 1))) if rms else -np.inf
