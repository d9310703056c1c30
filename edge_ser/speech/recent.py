"""The newest samples of a stream, for what looks at an utterance after it has begun."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray


class RecentAudio:
    """Samples of a stream by time.

    Args:
        start: time of the first sample in seconds.
    """

    def __init__(self, start: float) -> None:
        self._blocks: deque[NDArray[np.int16]] = deque()
        self._first = round(start * SAMPLING_RATE)  # index of the oldest sample that is kept

    def append(self, samples: NDArray[np.int16]) -> None:
        """Append (n,) samples."""
        self._blocks.append(samples)

    def between(self, start: float, end: float) -> NDArray[np.int16]:
        """Return the samples from ``start`` to ``end`` seconds, as far as they are kept."""
        first, stop = (max(round(t * SAMPLING_RATE) - self._first, 0) for t in (start, end))
        chosen, begin = [np.empty(0, np.int16)], 0
        for block in self._blocks:
            chosen.append(block[max(first - begin, 0) : max(stop - begin, 0)])
            begin += len(block)
            if begin >= stop:
                break
        return np.concatenate(chosen)

    def trim(self, start: float) -> None:
        """Forget whole blocks before ``start`` seconds."""
        while self._blocks and self._first + len(self._blocks[0]) <= start * SAMPLING_RATE:
            self._first += len(self._blocks.popleft())
