"""Whisper's log-mel spectrogram in NumPy, frame by frame."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 80
FRAME = 400
HOP = 160
"""Samples between two frames: 10 ms."""
_HALF = FRAME // 2
_RATE = 16_000
_FLOOR = 1e-10
_RANGE = 8.0  # decades below the maximum
_LINEAR = 1000.0  # Hz, below which the mel scale is linear: 200/3 Hz a mel
_LOGARITHMIC = np.log(6.4) / 27  # a mel above it


class LogMel:
    """Log-mel spectrogram of a signal that arrives in chunks of any size.

    Frame k is centred on sample 160 k; the signal is mirrored at both ends. The frames do not
    depend on the chunks.

    Example:
        >>> mel = LogMel()
        >>> frames = [mel.push(np.zeros(1000, np.float32)), mel.finish()]
        >>> scaled(np.concatenate(frames)).shape
        (6, 80)
    """

    def __init__(self) -> None:
        self._kept = np.empty(0, np.float32)
        self._mirrored = False  # whether the start has been mirrored yet
        self._count = self._made = 0

    def push(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the (k, 80) frames that (n,) more samples in [-1, 1] complete, in decades."""
        self._count += len(signal)
        self._kept = np.concatenate([self._kept, signal])
        if not self._mirrored:
            if len(self._kept) <= _HALF:
                return np.empty((0, BANDS), np.float32)
            self._kept = np.concatenate([self._kept[_HALF:0:-1], self._kept])
            self._mirrored = True
        return self._frames((len(self._kept) - FRAME) // HOP + 1)

    def finish(self) -> NDArray[np.float32]:
        """Return the last frames, as many as the signal has whole hops.

        A signal that is too short to be mirrored is followed by silence.
        """
        if self._count == 0:
            return np.empty((0, BANDS), np.float32)
        wanted = self._count // HOP - self._made
        if not self._mirrored:
            self._kept = np.pad(self._kept, (0, FRAME - len(self._kept)))
            self._kept = np.concatenate([self._kept[_HALF:0:-1], self._kept])
            self._mirrored = True
        self._kept = np.concatenate([self._kept, self._kept[-2 : -_HALF - 2 : -1]])
        return self._frames(wanted)

    def _frames(self, count: int) -> NDArray[np.float32]:
        if count <= 0:
            return np.empty((0, BANDS), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(self._kept, FRAME)[::HOP][:count]
        self._kept = self._kept[count * HOP :]
        self._made += count
        spectrum = np.fft.rfft(frames * _window())
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        decades: NDArray[np.float32] = np.log10(
            np.maximum(power @ filters(), _FLOOR), dtype=np.float32, casting="same_kind"
        )
        return decades


def scaled(decades: NDArray[np.float32], maximum: float | None = None) -> NDArray[np.float32]:
    """Return Whisper's input: at most 8 decades below the maximum, divided by 4.

    Args:
        decades: (k, 80) frames of :class:`LogMel`.
        maximum: of the whole clip; that of ``decades`` if None. Whisper takes the maximum of a
            whole clip; while it goes on, that of the part heard so far stands for it.
    """
    if len(decades) == 0:
        return decades
    highest = float(decades.max()) if maximum is None else maximum
    return ((np.maximum(decades, highest - _RANGE) + 4) / 4).astype(np.float32)


@lru_cache(maxsize=1)
def _window() -> NDArray[np.float64]:
    return np.hanning(FRAME + 1)[:-1]


@lru_cache(maxsize=1)
def filters() -> NDArray[np.float64]:
    """Return the (201, 80) mel filters of unit area, on Slaney's scale, up to 8 kHz."""
    edges = _hertz(np.linspace(0.0, _mel(_RATE / 2), BANDS + 2))
    bins = np.linspace(0, _RATE / 2, _HALF + 1)
    rise = (bins[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - bins[:, None]) / np.diff(edges)[1:]
    triangles: NDArray[np.float64] = np.maximum(0, np.minimum(rise, fall))
    return triangles * 2 / (edges[2:] - edges[:-2])


def _mel(hertz: float) -> float:
    return 15 + float(np.log(hertz / _LINEAR)) / _LOGARITHMIC


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, _LINEAR * np.exp(_LOGARITHMIC * (mel - 15)))
