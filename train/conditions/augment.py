"""Changes of level, noise and silence, as microphones and rooms add to studio recordings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError
from train.conditions.babble import babble
from train.conditions.channel import Channel
from train.conditions.noise import add_noise, pink, white
from train.conditions.seeding import seeded
from train.conditions.silence import insert_silence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from train.conditions.sounds import Sounds

VERSION = "2"
"""Version in the cache keys of altered clips."""

CLEAN = "clean"
_VARIANT = re.compile(
    r"(?P<noise>noise|pink|babble):(?P<snr>-?\d+)|silence:(?P<percent>\d|[1-4]\d|50)|copy:\d+|(?P<channel>channel):\d+"
)
_WHITE = re.compile(r"[+-]?\d+")
_GAIN = (-6.0, 6.0)  # dB
_SHIFT = 1600  # samples: one node step; a microphone may start at any phase of it
_SNR = (5.0, 30.0)  # dB
_WITHOUT_NOISE = 1 / 3
_PEAK = 0.99


def noise(snr: int) -> str:
    """Return the variant with white noise at ``snr`` dB, for evaluation."""
    return f"noise:{snr}"


def copy(number: int) -> str:
    """Return the variant with a random level and, mostly, noise, for training."""
    return f"copy:{number}"


def channel(number: int) -> str:
    """Return the variant with a random channel per speaker, for training."""
    return f"channel:{number}"


def babbles(variant: str) -> bool:
    """Return whether :func:`apply` needs babble speakers for ``variant``."""
    return variant.startswith(("babble:", "channel:"))


def sounds_needed(variant: str) -> bool:
    """Return whether :func:`apply` needs recorded sounds for ``variant``."""
    return variant.startswith("channel:")


def condition(word: str) -> str:
    """Parse a ``word`` of ``--noise`` into a variant; a number is white noise at that SNR.

    Raises:
        EdgeSerError: the test condition is unknown.
    """
    word = word.strip()
    variant = noise(int(word)) if _WHITE.fullmatch(word) else word
    if variant != CLEAN and (
        variant.startswith(("copy:", "channel:")) or not _VARIANT.fullmatch(variant)
    ):
        raise EdgeSerError(
            f"--noise {word}: there are clean, SNR (a number: white noise, in dB), pink:SNR, "
            "babble:SNR and silence:PERCENT (0 to 50), as in clean,10,babble:5,silence:30"
        )
    return variant


def change_level(signal: NDArray[np.float64], gain: float) -> NDArray[np.float64]:
    """Amplify ``signal`` by ``gain`` dB, or by less if it would clip."""
    peak = float(np.abs(signal).max(initial=0.0))
    factor = 10 ** (gain / 20)
    return signal * (min(factor, _PEAK / peak) if peak else factor)


def apply(
    samples: NDArray[np.int16],
    variant: str,
    clip_hash: str,
    voices: Sequence[NDArray[np.int16]] = (),
    speaker: str = "",
    sounds: Sounds | None = None,
) -> NDArray[np.int16]:
    """Return the ``variant`` of a clip, always the same for the same clip.

    Args:
        samples: (n,) at 16 kHz.
        variant: ``clean``; noise over the whole clip at an SNR in dB: ``noise:SNR`` (white),
            ``pink:SNR`` or ``babble:SNR``; ``silence:PERCENT``, 0 to 50 % of the result, see
            :func:`train.conditions.silence.insert_silence`; or, for training, ``copy:NUMBER``:
            delayed by up to 0.1 s, amplified by -6 to +6 dB and, in two copies out of three, with
            white noise at 5 to 30 dB; or ``channel:NUMBER``, the same channel for all clips of a
            speaker, see :mod:`train.conditions.channel`.
        clip_hash: identifies the clip; with ``variant`` it seeds the random numbers.
        voices: (n_i,) each, clips of the babble speakers, see :mod:`train.conditions.babble`;
            needed where :func:`babbles` says so.
        speaker: name; with ``variant`` it seeds the channel.
        sounds: what channels are made of; needed where :func:`sounds_needed` says so.

    Returns:
        (n,); longer with silence and in a copy.

    Raises:
        EdgeSerError: the variant is unknown.
    """
    if variant == CLEAN:
        return samples
    match = _VARIANT.fullmatch(variant)
    if match is None:
        raise EdgeSerError(
            f"no variant {variant!r}; there are clean, noise:SNR, pink:SNR, babble:SNR, "
            "silence:PERCENT (0 to 50), copy:NUMBER and channel:NUMBER"
        )
    random = seeded(f"{clip_hash}/{variant}")
    if match["percent"] is not None:
        return insert_silence(samples, int(match["percent"]), random)
    signal = _signal(samples)
    if match["channel"]:
        assert sounds is not None, "checked by the caller"
        made = Channel.draw(sounds, seeded(f"{speaker}/{variant}"))
        return _samples(made.transmit(signal, [_signal(voice) for voice in voices], random))
    if match["noise"] is None:
        return _samples(_copy(signal, random))
    if match["noise"] == "babble":
        added = babble([_signal(voice) for voice in voices], len(signal), random)
    else:
        added = (pink if match["noise"] == "pink" else white)(len(signal), random)
    return _samples(change_level(add_noise(signal, added, float(match["snr"])), 0.0))


def _copy(signal: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    gain, snr = random.uniform(*_GAIN), random.uniform(*_SNR)
    later = np.concatenate([np.zeros(random.integers(_SHIFT)), signal])
    clean = random.random() < _WITHOUT_NOISE
    noisy = later if clean else add_noise(later, white(len(later), random), snr)
    return change_level(noisy, gain)


def _signal(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    return samples / 32768.0


def _samples(signal: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.round(signal * 32767).astype(np.int16)
