"""Noise, and how loud it is beside the speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio import SAMPLING_RATE

_FRAME = 320  # samples: 20 ms at 16 kHz
_ACTIVE = 30.0  # dB below the loudest frame
_LOWEST = 20.0  # Hz


def active_rms(signal: NDArray[np.float64]) -> float:
    """Root mean square of the active speech in a 16 kHz ``signal``.

    Active are the 20 ms frames within 30 dB of the loudest one: pauses, and the silence that
    corpora leave around a sentence, would otherwise make the noise softer.
    """
    frames = signal[: len(signal) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames**2, axis=1) if len(frames) else np.atleast_1d(np.mean(signal**2))
    return float(np.sqrt(power[power >= power.max() * 10 ** (-_ACTIVE / 10)].mean()))


def add_noise(
    signal: NDArray[np.float64], noise: NDArray[np.float64], snr: float
) -> NDArray[np.float64]:
    """``noise`` of power 1 over all of the ``signal``, ``snr`` dB below its active speech.

    The noise counts from end to end, also where those who babble pause.

    Args:
        signal: (n,) at 16 kHz.
        noise: (n,).
        snr: dB between :func:`active_rms` and the noise.
    """
    return signal + noise * active_rms(signal) * 10 ** (-snr / 20)


def white(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(length,) noise of expected power 1, as much of it at each frequency."""
    return random.standard_normal(length)


def pink(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(length,) noise of power 1 whose power density falls as 1/f, by 10 dB a decade.

    White noise is shaped in the frequency domain (Timmer and König 1995, On generating power law
    noise). Nothing is below 20 Hz: the level in the band of speech would hang on the clip's
    length.
    """
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLING_RATE)
    shape = np.where(frequencies < _LOWEST, 0.0, 1 / np.sqrt(np.maximum(frequencies, _LOWEST)))
    shaped = np.fft.irfft(shape * np.fft.rfft(random.standard_normal(length)), length)
    return unit_power(shaped)


def unit_power(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale to power 1, unless it is silence."""
    return noise / (float(np.sqrt(np.mean(noise**2))) or 1.0)
