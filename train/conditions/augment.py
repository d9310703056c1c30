"""Changes of level, noise and silence, as microphones and rooms add to studio recordings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge_ser.errors import EdgeSerError
from train.conditions import effects
from train.conditions.babble import babble
from train.conditions.channel import EFFECTS, KNOWN_EFFECTS, Channel
from train.conditions.channel import VERSION as CHANNELS
from train.conditions.noise import add_noise, pink, unit_power, white
from train.conditions.seeding import seeded
from train.conditions.silence import insert_silence
from train.conditions.sounds import impulse_response, noise_piece

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from train.conditions.sounds import Part, Sounds

VERSION = "2"
"""Version in the cache keys of altered clips."""

CLEAN = "clean"
_WHITE = re.compile(r"[+-]?\d+")
_GAIN = (-6.0, 6.0)  # dB
_SHIFT = 1600  # samples: one node step; a microphone may start at any phase of it
_SNR = (5.0, 30.0)  # dB
_WITHOUT_NOISE = 1 / 3
_PEAK = 0.99
_CODEC = 0.9  # of soundfile's compression level: some 24 kbit/s
_SILENCE, _PERCENT = "silence", re.compile(r"\d|[1-4]\d|50")
_FOR_TRAINING = ("copy", "channel")
_WITH_VOICES = ("babble", "channel")
_WITH_SOUNDS = ("channel", "room", "recorded")


def noise(snr: int) -> str:
    """Return the variant with white noise at ``snr`` dB, for evaluation."""
    return f"noise:{snr}"


def copy(number: int) -> str:
    """Return the variant with a random level and, mostly, noise, for training."""
    return f"copy:{number}"


def channel(number: int, effects_used: Collection[str] = ()) -> str:
    """Return the variant with a random channel per speaker, for training.

    Args:
        number: of the copy.
        effects_used: of :data:`train.conditions.channel.KNOWN_EFFECTS`; the default if empty.
    """
    return ":".join(["channel", str(number), *filter(None, ["+".join(effects_used)])])


def babbles(variant: str) -> bool:
    """Return whether :func:`apply` needs babble speakers for ``variant``."""
    return _kind(variant) in _WITH_VOICES


def for_training(variant: str) -> bool:
    """Return whether ``variant`` is drawn in training only."""
    return _kind(variant) in _FOR_TRAINING


def sounds_needed(variant: str) -> Part | None:
    """Return the half of the recorded sounds that :func:`apply` needs for ``variant``, if any."""
    if _kind(variant) not in _WITH_SOUNDS:
        return None
    return "training" if for_training(variant) else "test"


def versioned(variant: str) -> str:
    """Return the name of ``variant`` in cache keys, which changes with what it does."""
    if variant == CLEAN:
        return variant
    return f"{variant}/{CHANNELS if _kind(variant) == 'channel' else VERSION}"


def _kind(variant: str) -> str:
    return variant.partition(":")[0]


def condition(word: str) -> str:
    """Parse a ``word`` of ``--noise`` into a variant; a number is white noise at that SNR.

    Raises:
        EdgeSerError: the test condition is unknown.
    """
    word = word.strip()
    variant = noise(int(word)) if _WHITE.fullmatch(word) else word
    if variant != CLEAN and (for_training(variant) or not _known(variant)):
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
        variant: ``clean``, or one of the table below.
        clip_hash: identifies the clip; with ``variant`` it seeds the random numbers.
        voices: (n_i,) each, clips of the babble speakers, see :mod:`train.conditions.babble`;
            needed where :func:`babbles` says so.
        speaker: name; with ``variant`` it seeds the channel.
        sounds: the half of the sounds that :func:`sounds_needed` names.

    ==================== ==========================================================================
    ``noise:SNR``        white noise over the whole clip, SNR in dB
    ``pink:SNR``         pink noise
    ``babble:SNR``       six other speakers
    ``recorded:SNR``     a recorded noise
    ``silence:PERCENT``  inserted silence, 0 to 50 % of the result
    ``gain:DB``          another level; clipped at full scale
    ``overdrive:DB``     amplified until the peak exceeds full scale by so much, and clipped
    ``offset:PERMILLE``  a constant offset (DC), in thousandths of full scale
    ``band:LOW-HIGH``    only the frequencies in between, in Hz; LOW may be 0
    ``room:NAME``        the echo of the room whose file's name begins so
    ``codec``            Ogg Vorbis at about 24 kbit/s
    ``delay:MS``         later by so many milliseconds
    ``lsb``              every sample changed by at most one
    ``copy:NUMBER``      for training: delayed by up to 0.1 s, amplified by -6 to +6 dB and, in two
                         copies out of three, with white noise at 5 to 30 dB
    ``channel:NUMBER``   for training: the same channel for all clips of a speaker, see
                         :mod:`train.conditions.channel`; with ``:room+noise``, only these effects
    ==================== ==========================================================================

    Returns:
        (n,); longer with silence, an echo or a delay, and in a copy.

    Raises:
        EdgeSerError: the variant is unknown.
    """
    if variant == CLEAN:
        return samples
    if not _known(variant):
        raise EdgeSerError(
            f"no variant {variant!r}; there are clean, noise:SNR, pink:SNR, babble:SNR, "
            "silence:PERCENT (0 to 50), copy:NUMBER, channel:NUMBER and others"
        )
    kind, _, argument = variant.partition(":")
    random = seeded(f"{clip_hash}/{variant}")
    if kind == _SILENCE:  # the samples themselves stay as they are
        return insert_silence(samples, int(argument), random)
    given = _Given(
        random=random,
        voices=[_signal(voice) for voice in voices],
        channel=f"{speaker}/{variant}",
        sounds=sounds,
    )
    return _samples(_ALTERATIONS[kind][1](_signal(samples), argument, given))


@dataclass(frozen=True)
class _Given:
    """What an alteration may need beside the signal and its argument."""

    random: np.random.Generator
    voices: list[NDArray[np.float64]]
    channel: str
    sounds: Sounds | None

    @property
    def needed_sounds(self) -> Sounds:
        if self.sounds is None:
            raise EdgeSerError("this condition needs recorded sounds: --set sounds=DIR")
        return self.sounds


_Signal = NDArray[np.float64]


def _noisy(signal: _Signal, noise: _Signal, snr: str) -> _Signal:
    return change_level(add_noise(signal, noise, float(snr)), 0.0)


def _recorded(signal: _Signal, snr: str, given: _Given) -> _Signal:
    noises = given.needed_sounds.noises
    file = noises[given.random.integers(len(noises))]
    return _noisy(signal, unit_power(noise_piece(file, len(signal), given.random)), snr)


def _copy(signal: _Signal, _: str, given: _Given) -> _Signal:
    random = given.random
    gain, snr = random.uniform(*_GAIN), random.uniform(*_SNR)
    later = np.concatenate([np.zeros(random.integers(_SHIFT)), signal])
    clean = random.random() < _WITHOUT_NOISE
    noisy = later if clean else add_noise(later, white(len(later), random), snr)
    return change_level(noisy, gain)


def _channel(signal: _Signal, argument: str, given: _Given) -> _Signal:
    _, _, some = argument.partition(":")
    used = some.split("+") if some else EFFECTS
    channel = Channel.draw(given.needed_sounds, seeded(given.channel), used)
    return channel.transmit(signal, given.voices, given.random)


def _room(signal: _Signal, name: str, given: _Given) -> _Signal:
    rooms = given.needed_sounds.rooms
    room = next((room for room in rooms if room.stem.startswith(name)), None)
    if room is None:
        raise EdgeSerError(f"no room {name!r}; there are {', '.join(r.stem for r in rooms)}")
    return change_level(effects.reverberate(signal, impulse_response(room), 1.0), 0.0)


def _overdrive(signal: _Signal, decibels: str, _: _Given) -> _Signal:
    peak = float(np.abs(signal).max(initial=0.0)) or 1.0
    return signal / peak * 10 ** (float(decibels) / 20)


def _band(signal: _Signal, edges: str, _: _Given) -> _Signal:
    low, high = edges.split("-")
    return effects.limit_band(signal, float(low), float(high))


_NUMBER, _DECIBELS = r"\d+", r"-?\d+"
_EFFECT = "|".join(KNOWN_EFFECTS)
_ALTERATIONS: dict[str, tuple[str, Callable[[_Signal, str, _Given], _Signal]]] = {
    "noise": (_DECIBELS, lambda x, snr, g: _noisy(x, white(len(x), g.random), snr)),
    "pink": (_DECIBELS, lambda x, snr, g: _noisy(x, pink(len(x), g.random), snr)),
    "babble": (_DECIBELS, lambda x, snr, g: _noisy(x, babble(g.voices, len(x), g.random), snr)),
    "recorded": (_DECIBELS, _recorded),
    "gain": (_DECIBELS, lambda x, gain, _: x * 10 ** (float(gain) / 20)),
    "overdrive": (_NUMBER, _overdrive),
    "offset": (_NUMBER, lambda x, permille, _: x + float(permille) / 1000),
    "band": (r"\d+-\d+", _band),
    "room": (r"[\w-]+", _room),
    "codec": ("", lambda x, _, __: effects.encode(x, _CODEC)),
    "delay": (_NUMBER, lambda x, ms, _: np.concatenate([np.zeros(16 * int(ms)), x])),
    "lsb": ("", lambda x, _, g: x + g.random.integers(-1, 2, len(x)) / 32767),
    "copy": (_NUMBER, _copy),
    "channel": (rf"\d+(:({_EFFECT})(\+({_EFFECT}))*)?", _channel),
}
"""Kind of variant to the pattern of its argument and the function that alters a signal."""


def _known(variant: str) -> bool:
    kind, _, argument = variant.partition(":")
    if kind == _SILENCE:
        return bool(_PERCENT.fullmatch(argument))
    return kind in _ALTERATIONS and bool(re.fullmatch(_ALTERATIONS[kind][0], argument))


def _signal(samples: NDArray[np.int16]) -> _Signal:
    return samples / 32768.0


def _samples(signal: _Signal) -> NDArray[np.int16]:
    return np.round(np.clip(signal, -1, 1) * 32767).astype(np.int16)
