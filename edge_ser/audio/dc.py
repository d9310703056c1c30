"""Removal of the constant offset (DC) that cheap sound cards add to a signal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CUTOFF = 20.0  # Hz: below every voice
_POLE = math.exp(-2 * math.pi * _CUTOFF / SAMPLING_RATE)
_CHUNK = 1024  # samples; _POLE ** -_CHUNK must stay far below the precision of float64
_POWERS = _POLE ** np.arange(_CHUNK)


class DCBlocker:
    r"""One-pole high-pass filter at 20 Hz, over a signal that arrives in pieces.

    .. math::
        y_n = x_n - x_{n-1} + r y_{n-1}, \qquad r = e^{-2 \pi 20 / 16000}

    The signal is taken to have had its first value for ever, so that an offset is no step at its
    beginning. The result does not depend on how the signal is cut into pieces. It is rounded to
    int16: a silence that decays below that for ever, so smoothly that every sample can be predicted
    from the one before, would send openSMILE's formants into an endless loop.

    >>> DCBlocker().push(np.full(3, 655, np.int16))
    array([0, 0, 0], dtype=int16)
    """

    def __init__(self) -> None:
        self._last: float | None = None  # newest input
        self._place = 0  # within a chunk, whose length is the same however the pieces are cut
        self._sum = 0.0  # of the differences of this chunk, each over its power of the pole

    def push(self, samples: NDArray[np.int16]) -> NDArray[np.int16]:
        """Filter the next (n,) samples; those beyond full scale are clipped."""
        if not len(samples):
            return samples
        x = samples.astype(np.float64)
        differences = np.diff(x, prepend=x[0] if self._last is None else self._last)
        self._last = float(x[-1])
        filtered = np.empty(len(x))
        begin = 0
        while begin < len(x):
            stop = min(begin + _CHUNK - self._place, len(x))
            powers = _POWERS[self._place : self._place + stop - begin]
            scaled = np.concatenate(([self._sum], differences[begin:stop] / powers))
            sums = np.cumsum(scaled)[1:]
            filtered[begin:stop] = sums * powers
            self._place, self._sum = self._place + stop - begin, float(sums[-1])
            if self._place == _CHUNK:
                self._place, self._sum = 0, _POLE * float(filtered[stop - 1])
            begin = stop
        limits = np.iinfo(np.int16)
        return np.clip(np.rint(filtered), limits.min, limits.max).astype(np.int16)
