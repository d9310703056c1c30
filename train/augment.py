"""Level changes and white noise: what a microphone does to the studio's recordings."""

from __future__ import annotations

import re
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from edge_ser.errors import EdgeSerError

VERSION = "2"
"""Part of every cache key of an altered clip."""

CLEAN = "clean"
_VARIANT = re.compile(r"noise:(?P<snr>-?\d+)|copy:(?P<copy>\d+)")
_FRAME = 320  # samples: 20 ms at 16 kHz
_ACTIVE = 30.0  # dB below the loudest frame
_GAIN = (-6.0, 6.0)  # dB
_SHIFT = 1600  # samples: the step between two nodes, which a microphone meets at any phase
_SNR = (5.0, 30.0)  # dB
_WITHOUT_NOISE = 1 / 3
_PEAK = 0.99


def noise(snr: int) -> str:
    """The variant of a clip with white noise at ``snr`` dB: for evaluation."""
    return f"noise:{snr}"


def copy(number: int) -> str:
    """The variant of a clip with a random level and mostly with noise: for training."""
    return f"copy:{number}"


def active_rms(signal: NDArray[np.float64]) -> float:
    """Root mean square of the active speech in a 16 kHz ``signal``.

    Active are the 20 ms frames within 30 dB of the loudest one: pauses, and the silence that
    corpora leave around a sentence, would otherwise make the noise softer.
    """
    frames = signal[: len(signal) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(frames**2, axis=1) if len(frames) else np.atleast_1d(np.mean(signal**2))
    return float(np.sqrt(power[power >= power.max() * 10 ** (-_ACTIVE / 10)].mean()))


def add_noise(
    signal: NDArray[np.float64], snr: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """White noise over all of the signal, ``snr`` dB below :func:`active_rms`."""
    return signal + random.standard_normal(len(signal)) * active_rms(signal) * 10 ** (-snr / 20)


def change_level(signal: NDArray[np.float64], gain: float) -> NDArray[np.float64]:
    """``gain`` dB louder, less where the signal would clip otherwise."""
    peak = float(np.abs(signal).max(initial=0.0))
    factor = 10 ** (gain / 20)
    return signal * (min(factor, _PEAK / peak) if peak else factor)


def apply(signal: NDArray[np.float64], variant: str, clip_hash: str) -> NDArray[np.float64]:
    """The ``variant`` of a clip: the same one for the same clip each time.

    Args:
        signal: (n,) in [-1, 1] at 16 kHz.
        variant: ``clean``; ``noise:SNR``; or ``copy:NUMBER``, up to a tenth of a second later,
            -12 to +12 dB louder and, in two copies of three, with white noise at 5 to 30 dB.
        clip_hash: names the clip; with ``variant`` it seeds what is random.

    Returns:
        (n,) in [-1, 1]; a copy is longer by what it is later.

    Raises:
        EdgeSerError: there is no such variant.
    """
    if variant == CLEAN:
        return signal
    match = _VARIANT.fullmatch(variant)
    if match is None:
        raise EdgeSerError(f"no variant {variant!r}; there are clean, noise:SNR and copy:NUMBER")
    seed = sha256(f"{clip_hash}/{variant}".encode()).digest()
    random = np.random.default_rng(list(seed))
    if match["snr"] is not None:
        return change_level(add_noise(signal, float(match["snr"]), random), 0.0)
    gain, snr = random.uniform(*_GAIN), random.uniform(*_SNR)
    later = np.concatenate([np.zeros(random.integers(_SHIFT)), signal])
    noisy = later if random.random() < _WITHOUT_NOISE else add_noise(later, snr, random)
    return change_level(noisy, gain)
