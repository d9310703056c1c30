"""Audio of a row: its samples, and a hash that identifies them."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from train.corpora.rows import Row

_AT_ONCE = 1 << 20  # frames


def samples(row: Row) -> NDArray[np.int16]:
    """Read the row's clip, (n,) at 16 kHz, converted as on the device.

    Raises:
        EdgeSerError: the file is missing, not audio, empty, damaged or truncated, a sample is NaN
            or infinite, or the row's ``start`` and ``end`` select nothing.
    """
    source: AudioFile | AudioSignal
    if row.start is None and row.end is None:
        source = AudioFile(row.path, strict=True)
    else:
        source = AudioSignal(*_piece(row))
        source.name = str(row.path)
    with source:
        blocks = [block.samples for block in source]
    return np.concatenate([np.empty(0, np.int16), *blocks])


def clip_hash(row: Row) -> str:
    """Identify the row's audio: SHA-256 of the file's bytes, with ``start`` and ``end``."""
    return f"{_file_hash(row.path)}[{row.start}:{row.end}]"


@lru_cache(maxsize=100_000)  # many rows may be parts of one long file
def _file_hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EdgeSerError(f"{path}: cannot be read ({error.strerror})") from error


def _piece(row: Row) -> tuple[NDArray[np.float32], int]:
    """Read the row's part of its file, (n,) or (n, channels), and the file's rate in Hz."""
    with AudioFile(row.path, strict=True):  # raises the same errors as for a whole file
        try:
            with soundfile.SoundFile(row.path) as file:
                rate: int = file.samplerate
                start = min(round((row.start or 0.0) * rate), file.frames)
                end = file.frames if row.end is None else min(round(row.end * rate), file.frames)
                file.seek(start)
                left, pieces = max(end - start, 0), []
                # the length of a FLAC file may be unknown: what is there ends it
                while left and len(read := file.read(min(left, _AT_ONCE), dtype="float32")):
                    pieces.append(read)
                    left -= len(read)
        except soundfile.SoundFileError as error:
            raise EdgeSerError(
                f"{row.path} cannot be decoded ({error}); it is damaged or truncated: get a "
                "complete copy"
            ) from None
    if not pieces:
        raise EdgeSerError(f"{row.path}: nothing between {row.start} s and {row.end} s")
    return np.concatenate(pieces), rate
