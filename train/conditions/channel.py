"""Channels for training: what one microphone in one room does to every clip of a speaker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from train.conditions import effects
from train.conditions.babble import babble
from train.conditions.noise import add_noise, pink, unit_power, white
from train.conditions.rooms import Room, simulate
from train.conditions.sounds import impulse_response, noise_piece

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from train.conditions.sounds import Sounds

_LATER = 1600  # samples: one node step; a microphone may start at any phase of it
_KINDS = ("white", "white", "pink", "pink", "babble", "recorded", "recorded", "recorded")
_SHARES = {
    "speed": 0.3,
    "room": 0.5,
    "noise": 0.7,
    "band": 0.5,
    "equaliser": 0.5,
    "clipping": 0.1,
    "codec": 0.2,
}
_SIMULATED = 0.6  # of the rooms
_TELEPHONE = 0.25  # of the channels; the other bands have no lower end
EFFECTS = (*_SHARES, "level")
"""What a channel may do, in the order in which it is drawn."""
SIMULATED = "simulated"
"""The effect that some of the rooms are simulated; it leaves all other choices as they are."""
KNOWN_EFFECTS = (*EFFECTS, SIMULATED)
"""All that may be asked for; those of :data:`EFFECTS` are what a channel has by default."""

VERSION = "channels-2"
"""Version in the cache keys of clips heard through channels."""


@dataclass(frozen=True)
class Channel:
    """A voice's way through a room, a microphone and a codec.

    Args:
        speed: factor of the speed.
        room: recorded impulse response, or simulated room; None outdoors, or close to the
            microphone.
        wet: share of the room's echo.
        noise: ``white``, ``pink``, ``babble`` or ``recorded``; None for none.
        recording: of the recorded noise.
        snr: of the noise, in dB.
        band: Hz between which anything passes; None for all.
        gains: of the equaliser, in dB; None for none.
        gain: in dB.
        overdrive: dB by which the peak exceeds full scale; None to apply ``gain``.
        compression: of the codec; None without one.
    """

    speed: float
    room: Path | Room | None
    wet: float
    noise: str | None
    recording: Path
    snr: float
    band: tuple[float, float] | None
    gains: tuple[float, ...] | None
    gain: float
    overdrive: float | None
    compression: float | None

    @classmethod
    def draw(
        cls, sounds: Sounds, random: np.random.Generator, effects_used: Collection[str] = EFFECTS
    ) -> Channel:
        """Draw a channel; everything is drawn, so that no choice moves another.

        Args:
            sounds: noises and rooms.
            random: draws.
            effects_used: those of :data:`KNOWN_EFFECTS` that the channel may have.
        """
        chances = dict(zip(_SHARES, random.random(len(_SHARES)), strict=True))
        room: Path | Room = sounds.rooms[random.integers(len(sounds.rooms))]
        recording = sounds.noises[random.integers(len(sounds.noises))]
        speed, wet, snr = random.uniform(0.95, 1.05), random.uniform(0.3, 1), random.uniform(3, 30)
        noise = _KINDS[random.integers(len(_KINDS))]
        low_pass = (0.0, random.uniform(3400, 7500))
        telephone = (random.uniform(150, 400), random.uniform(3200, 4000))
        # a random walk: neighbouring bands are alike
        gains = tuple(np.cumsum(random.normal(0, 2, len(effects.EQUALISER))).tolist())
        gain, overdrive = random.uniform(-30, 6), random.uniform(0, 15)
        compression = random.uniform(0.3, 1)
        drawn = Room.draw(random)
        if random.random() < _SIMULATED and SIMULATED in effects_used:
            room = drawn
        has = {
            effect: chances[effect] < share and effect in effects_used
            for effect, share in _SHARES.items()
        }
        return cls(
            speed=speed if has["speed"] else 1.0,
            room=room if has["room"] else None,
            wet=wet,
            noise=noise if has["noise"] else None,
            recording=recording,
            snr=snr,
            band=(telephone if chances["band"] < _TELEPHONE else low_pass) if has["band"] else None,
            gains=gains if has["equaliser"] else None,
            gain=gain if "level" in effects_used else 0.0,
            overdrive=overdrive if has["clipping"] else None,
            compression=compression if has["codec"] else None,
        )

    def transmit(
        self,
        signal: NDArray[np.float64],
        voices: Sequence[NDArray[np.float64]],
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return what arrives of (n,) ``signal``, within [-1, 1]; it is delayed by up to 0.1 s.

        Args:
            signal: within [-1, 1].
            voices: the speakers of the babble.
            random: draws the delay and the noise, which differ from clip to clip.
        """
        heard = np.concatenate([np.zeros(random.integers(_LATER)), signal])
        if self.speed != 1:
            heard = effects.change_speed(heard, self.speed)
        if self.room:
            heard = effects.reverberate(heard, _response(self.room), self.wet)
        if self.noise:
            noise = self._noise(len(heard), voices, random)
            heard = add_noise(heard, noise, self.snr + random.uniform(-2, 2))
        if self.band:
            heard = effects.limit_band(heard, *self.band)
        if self.gains:
            heard = effects.equalise(heard, self.gains)
        peak = float(np.abs(heard).max(initial=0.0)) or 1.0
        gain = self.gain if self.overdrive is None else self.overdrive - 20 * np.log10(peak)
        heard = np.clip(heard * 10 ** (gain / 20), -1, 1)
        return heard if self.compression is None else effects.encode(heard, self.compression)

    def _noise(
        self, length: int, voices: Sequence[NDArray[np.float64]], random: np.random.Generator
    ) -> NDArray[np.float64]:
        if self.noise == "recorded":
            return unit_power(noise_piece(self.recording, length, random))
        if self.noise == "babble":
            return babble(voices, length, random)
        return (pink if self.noise == "pink" else white)(length, random)


def _response(room: Path | Room) -> NDArray[np.float64]:
    return simulate(room) if isinstance(room, Room) else impulse_response(room)
