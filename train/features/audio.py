"""The audio of a row: its samples, and a hash that names them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.errors import EdgeSerError
from train.corpora.rows import Row


def samples(row: Row) -> NDArray[np.int16]:
    """Read the row's clip, (n,) at 16 kHz, through the same conversion as on the device.

    Raises:
        EdgeSerError: the file is missing, no audio, empty, damaged or truncated, a sample is not a
            number, or the row cuts out a piece that is not there.
    """
    source: AudioFile | AudioSignal
    if row.start is None and row.end is None:
        source = AudioFile(row.path)
    else:
        source = AudioSignal(*_piece(row))
        source.name = str(row.path)
    with source:
        blocks = [block.samples for block in source]
    return np.concatenate([np.empty(0, np.int16), *blocks])


def clip_hash(row: Row) -> str:
    """Name the row's audio: SHA-256 of the file's bytes, and what is cut out of it."""
    return f"{_file_hash(row.path)}[{row.start}:{row.end}]"


@lru_cache(maxsize=100_000)  # rows may be pieces of one long file
def _file_hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EdgeSerError(f"{path}: cannot be read ({error.strerror})") from error


def _piece(row: Row) -> tuple[NDArray[np.float32], int]:
    """What the row cuts out of its file, (n,) or (n, channels), and the file's rate in Hz."""
    with AudioFile(row.path):  # refuses what it would refuse of a whole file
        try:
            with soundfile.SoundFile(row.path) as file:
                rate: int = file.samplerate
                start = min(round((row.start or 0.0) * rate), file.frames)
                end = file.frames if row.end is None else min(round(row.end * rate), file.frames)
                file.seek(start)
                piece = file.read(max(end - start, 0), dtype="float32")
        except soundfile.SoundFileError as error:
            raise EdgeSerError(
                f"{row.path} cannot be decoded ({error}); it is damaged or truncated: get a "
                "complete copy"
            ) from None
    if not len(piece):
        raise EdgeSerError(f"{row.path}: nothing between {row.start} s and {row.end} s")
    return piece, rate
