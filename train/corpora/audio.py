"""What a row sounds like."""

from __future__ import annotations

import numpy as np
import soundfile
from numpy.typing import NDArray

from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.errors import EdgeSerError
from train.corpora.rows import Row


def samples(row: Row) -> NDArray[np.int16]:
    """The row's clip, (n,) samples at 16 kHz, through the same conversion as on the device.

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
