"""Simulated rooms: boxes whose walls reflect, by the image source method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from train.conditions.effects import from_direct_sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALLEST, _LARGEST = (2.2, 2.2, 2.2), (10.0, 8.0, 4.0)  # metres
_FROM_WALL = 0.3  # metres
_ABSORPTION = (0.05, 0.6)
_REFLECTIONS = 40  # of the longest path


@dataclass(frozen=True)
class Room:
    """An empty room in which someone speaks into a microphone.

    Args:
        size: its length, width and height in metres.
        absorption: share of the energy that a wall takes.
        speaker: where the mouth is, in metres from a corner.
        microphone: where the microphone is.
    """

    size: tuple[float, ...]
    absorption: float
    speaker: tuple[float, ...]
    microphone: tuple[float, ...]

    @classmethod
    def draw(cls, random: np.random.Generator) -> Room:
        """Draw a room of 11 to 320 cubic metres and two places in it."""
        size = random.uniform(_SMALLEST, _LARGEST)
        absorption = float(np.exp(random.uniform(*np.log(_ABSORPTION))))
        speaker, microphone = random.uniform(_FROM_WALL, size - _FROM_WALL, (2, 3)).tolist()
        return cls(tuple(size.tolist()), absorption, tuple(speaker), tuple(microphone))


@lru_cache(maxsize=16)  # every clip of a speaker is heard in the same room
def simulate(room: Room) -> NDArray[np.float64]:
    """Compute the impulse response of ``room`` at 16 kHz, as :func:`.impulse_response` reads one.

    Source: Allen and Berkley 1979, by pyroomacoustics.
    """
    import pyroomacoustics

    box = pyroomacoustics.ShoeBox(
        room.size,
        fs=SAMPLING_RATE,
        materials=pyroomacoustics.Material(room.absorption),
        max_order=_REFLECTIONS,
    )
    box.add_source(room.speaker)
    box.add_microphone(room.microphone)
    box.compute_rir()
    return from_direct_sound(np.asarray(box.rir[0][0], np.float64))
