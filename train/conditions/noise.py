"""White and pink noise, and its level relative to the active speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FRAME = 320  # samples: 20 ms at 16 kHz
_ACTIVE = 30.0  # dB below the loudest frame
_LOWEST = 20.0  # Hz


def active_rms(signal: NDArray[np.float64]) -> float:
    """Compute the root mean square of the active speech in a 16 kHz ``signal``.

    A 20 ms stretch is active if it is within 30 dB of the loudest one: pauses, and the silence
    around the sentences of a corpus, would otherwise make the noise softer.
    """
    frames = signal[: len(signal) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames**2, axis=1) if len(frames) else np.atleast_1d(np.mean(signal**2))
    return float(np.sqrt(power[power >= power.max() * 10 ** (-_ACTIVE / 10)].mean()))


def add_noise(
    signal: NDArray[np.float64], noise: NDArray[np.float64], snr: float
) -> NDArray[np.float64]:
    """Add ``noise`` of power 1 to the whole ``signal``, ``snr`` dB below its active speech.

    The noise power is the mean over the whole clip, including pauses of the babble speakers.

    Args:
        signal: (n,) at 16 kHz.
        noise: (n,).
        snr: :func:`active_rms` over the noise, in dB.
    """
    return signal + noise * active_rms(signal) * 10 ** (-snr / 20)


def white(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Draw (length,) white noise of expected power 1: the same power at every frequency."""
    return random.standard_normal(length)


def pink(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Draw (length,) pink noise of power 1: its power density falls as 1/f, 10 dB per decade.

    White noise is shaped in the frequency domain (Timmer and König 1995, On generating power law
    noise). It is cut off below 20 Hz: otherwise its level in the speech band would depend on the
    clip's length.
    """
    frequencies = np.fft.rfftfreq(length, 1 / SAMPLING_RATE)
    shape = np.where(frequencies < _LOWEST, 0.0, 1 / np.sqrt(np.maximum(frequencies, _LOWEST)))
    shaped = np.fft.irfft(shape * np.fft.rfft(random.standard_normal(length)), length)
    return unit_power(shaped)


def unit_power(noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale ``noise`` to power 1; leave digital silence as it is."""
    return noise / (float(np.sqrt(np.mean(noise**2))) or 1.0)
