"""Recorded noises and rooms, in halves: one to train with, one to test on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import numpy as np
import soundfile

from edge_ser.audio import AudioFile
from edge_ser.errors import EdgeSerError
from train.conditions.effects import from_direct_sound

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

Part = Literal["training", "test"]
ROOMS = "rooms"
_OPEN_NOISES = "esc-10"  # CC BY 3.0
_OPEN_ROOMS = (
    *("binaural", "cardiod", "echo-chamber", "kitchen-true-stereo"),
    *("omni-35-10", "super-ceiling", "tim-warehouse"),
)
"""Beginnings of the names of the responses in web-audio-samples (Apache 2.0); the others are CC BY
or CC BY-SA by file."""
_PLACE = re.compile(r"[a-z]+")
_RATE = 16_000


@dataclass(frozen=True)
class Sounds:
    """Files of noises and of rooms' impulse responses.

    Args:
        noises: recordings without speech.
        rooms: impulse responses at 16 kHz.
        digest: changes with the files.
    """

    noises: tuple[Path, ...]
    rooms: tuple[Path, ...]
    digest: str

    @classmethod
    def of(cls, folder: Path, part: Part, permissive: bool = False) -> Sounds:
        """List one half of the sounds in a folder.

        A file belongs to a half by the hash of its name, which no other file changes; the
        responses of one place, whose names begin with the same word, belong together.

        Args:
            folder: with impulse responses in ``rooms`` and noises in all other folders.
            part: which half.
            permissive: leave out those whose licences exclude commercial use or ask for the same
                licence.

        Raises:
            EdgeSerError: there are no noises or no rooms.
        """
        files = sorted(
            path for path in folder.rglob("*") if path.suffix in (".ogg", ".flac", ".wav")
        )
        rooms = [path for path in files if path.parent.name == ROOMS]
        noises = [path for path in files if path.parent.name != ROOMS]
        if permissive:
            rooms = [path for path in rooms if path.name.startswith(_OPEN_ROOMS)]
            noises = [path for path in noises if path.parent.name == _OPEN_NOISES]
        kept = (
            tuple(path for path in noises if _part(path.stem) == part),
            tuple(path for path in rooms if _part(_place(path.stem)) == part),
        )
        if not all(kept):
            raise EdgeSerError(
                f"{folder}: needs noises in folders, and impulse responses in a folder {ROOMS!r}"
            )
        names = "\n".join(str(path.relative_to(folder)) for path in (*kept[0], *kept[1]))
        return cls(*kept, sha256(names.encode()).hexdigest()[:16])


def _part(name: str) -> Part:
    return "training" if sha256(name.encode()).digest()[0] % 2 else "test"


def _place(name: str) -> str:
    match = _PLACE.match(name)
    return match[0] if match else name


def noise_piece(file: Path, length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Read (length,) samples of a noise from a random place on, repeated if it is shorter."""
    with AudioFile(file) as source:
        signal = np.concatenate([block.samples for block in source]) / 32_768
    start = random.integers(max(len(signal) - length, 0) + 1)
    return np.take(signal, start + np.arange(length), mode="wrap")


def impulse_response(file: Path) -> NDArray[np.float64]:
    """Read an impulse response from its direct sound on, with energy 1.

    Raises:
        EdgeSerError: its sampling rate is not 16 kHz.
    """
    response, rate = soundfile.read(file, dtype="float64", always_2d=True)
    if rate != _RATE:
        raise EdgeSerError(f"{file}: an impulse response at {rate} Hz; convert it to 16 kHz")
    return from_direct_sound(response.mean(axis=1))
