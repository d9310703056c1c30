"""The axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400)
_MOST = 11  # labels


@dataclass(frozen=True)
class TimeAxis:
    """Seconds as horizontal places.

    Args:
        start: first second.
        end: last second.
        left: place of ``start``.
        right: place of ``end``.
    """

    start: float
    end: float
    left: float
    right: float

    @property
    def scale(self) -> float:
        """CSS pixels a second."""
        return (self.right - self.left) / (self.end - self.start)

    def __call__(self, seconds: ArrayLike) -> NDArray[np.float64]:
        """Return places."""
        return self.left + (np.asarray(seconds, np.float64) - self.start) * self.scale

    def ticks(self) -> list[tuple[float, str]]:
        """Return places to be labelled, and their labels."""
        length = self.end - self.start
        step = next((s for s in _STEPS if length / s <= _MOST), length / _MOST)
        first = int(np.ceil(self.start / step - 1e-9))
        last = int(np.floor(self.end / step + 1e-9))
        return [
            (float(self(i * step)), clock(i * step, long=self.end >= 120, whole=step >= 1))
            for i in range(first, last + 1)
        ]

    def columns(self, times: ArrayLike, values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        """Return the mean of the values in each pixel, and where it lies; NaN does not count.

        Args:
            times: (k,) seconds, ascending.
            values: (k,).

        Returns:
            Places and means; what is sparser than pixels stays as it is.
        """
        x, y = self(times), np.asarray(values, np.float64)
        if len(x) <= self.right - self.left:
            return x, y
        pixels = np.floor(x).astype(int)
        starts = np.flatnonzero(np.diff(pixels, prepend=pixels[0] - 1))
        count = np.add.reduceat((~np.isnan(y)).astype(float), starts)
        total = np.add.reduceat(np.nan_to_num(y), starts)
        means = np.divide(total, count, out=np.full(len(starts), np.nan), where=count > 0)
        return pixels[starts] + 0.5, means


def clock(seconds: float, long: bool, whole: bool = True) -> str:
    """Format a time: ``3.5 s``, or ``1:02:05`` in a long recording."""
    if not long:
        return f"{seconds:.0f} s" if whole else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
