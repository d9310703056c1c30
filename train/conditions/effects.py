"""Effects of rooms, microphones and transmission on a signal at 16 kHz."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, firwin2, sosfilt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_RATE = 16_000
_TAIL = 8_000  # samples of a room's echo after the end of the signal
_MILLISECOND = 16  # samples
_ORDER = 6
_TAPS = 257
EQUALISER = (0, 200, 500, 1000, 2000, 4000, 8000)
"""Hz: where :func:`equalise` takes its gains."""


def change_speed(signal: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Play ``signal`` faster by a ``factor``, which raises the pitch as much."""
    return soxr.resample(signal, _RATE * factor, _RATE)


def reverberate(
    signal: NDArray[np.float64], response: NDArray[np.float64], wet: float
) -> NDArray[np.float64]:
    """Add the echo of a room, and half a second after the end in which it dies away.

    Args:
        signal: (n,).
        response: impulse response of the room, of energy 1.
        wet: share of the reverberant signal, 0 to 1.
    """
    dry = np.pad(signal, (0, _TAIL))
    return (1 - wet) * dry + wet * fftconvolve(dry, response)[: len(dry)]


def from_direct_sound(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an impulse response (n,) from a millisecond before its peak on, with energy 1."""
    direct = response[max(int(np.abs(response).argmax()) - _MILLISECOND, 0) :]
    return direct / np.sqrt(np.sum(direct**2))


def limit_band(signal: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Remove what lies below ``low`` (0: nothing) and above ``high`` Hz (Butterworth filter)."""
    if low:
        sections = butter(_ORDER // 2, (low, high), "bandpass", fs=_RATE, output="sos")
    else:
        sections = butter(_ORDER, high, "lowpass", fs=_RATE, output="sos")
    return sosfilt(sections, signal)


def equalise(signal: NDArray[np.float64], gains: Sequence[float]) -> NDArray[np.float64]:
    """Colour ``signal`` as a microphone does: a gain in dB at each of :data:`EQUALISER`."""
    levels = 10 ** (np.asarray(gains) / 20)
    taps = firwin2(_TAPS, np.array(EQUALISER) / EQUALISER[-1], levels)
    return fftconvolve(signal, taps, "same")


def encode(signal: NDArray[np.float64], compression: float) -> NDArray[np.float64]:
    """Encode as Ogg Vorbis and decode again.

    Args:
        signal: within [-1, 1].
        compression: 0 (best quality) to 1 (smallest, 24 kbit/s).
    """
    file = io.BytesIO()
    soundfile.write(
        file, signal, _RATE, format="OGG", subtype="VORBIS", compression_level=compression
    )
    file.seek(0)
    return soundfile.read(file, dtype="float64")[0]
