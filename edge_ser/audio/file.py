"""Sources of recorded audio: a file, read piece by piece, or an array."""

from __future__ import annotations

import os
import re
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE, Block
from edge_ser.audio.convert import to_blocks
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_PIECE = 4096  # frames read at a time
_UNKNOWN_LENGTH = 0x7FFF_0000  # recorders that write to a pipe put this or more in the header
_SPARE_BYTES = 64  # many headers are off by a padding byte or by their own length


class AudioFile:
    """A WAV, FLAC, OGG, MP3, … file as a source; it is never loaded as a whole.

    Each iteration starts from the beginning.

    Args:
        path: the file.
        realtime: whether to deliver each block when a microphone would, at its end.

    Raises:
        EdgeSerError: on entering ``with`` or at the first block if the file is missing, empty, not
            audio, or shorter than its header says; at the block where decoding fails or a sample
            is not finite.
    """

    def __init__(self, path: str | os.PathLike[str], realtime: bool = False) -> None:
        self.path = Path(path)
        self.name = str(path)
        self.realtime = realtime

    def __enter__(self) -> AudioFile:
        self._open().close()
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing: the file is open only during an iteration."""

    def __iter__(self) -> Iterator[Block]:
        with self._open() as file:
            start = time.monotonic()
            end = 0
            for samples in to_blocks(self._pieces(file), file.samplerate, self.name):
                end += len(samples)
                if self.realtime:
                    time.sleep(max(0.0, start + end / SAMPLING_RATE - time.monotonic()))
                yield Block(samples, time.monotonic())

    def _open(self) -> Any:
        import soundfile

        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise EdgeSerError(f"cannot read {self.name}: {reason}; check the path") from None
        if stat.S_ISREG(status.st_mode) and status.st_size == 0:
            raise EdgeSerError(f"{self.name} is empty; record or copy it again")
        try:
            file = soundfile.SoundFile(self.path)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: a name in .raw
            raise EdgeSerError(
                f"{self.name} cannot be read as audio ({_reason(error)}); "
                "give a WAV, FLAC, OGG or MP3 file"
            ) from None
        for promised, present in re.findall(r": (\d+) \(should be (\d+)\)", file.extra_info):
            if int(present) + _SPARE_BYTES < int(promised) < _UNKNOWN_LENGTH:
                file.close()
                raise self._truncated(f"{promised} bytes", f"{present} are there")
        return file

    def _pieces(self, file: Any) -> Iterator[NDArray[np.float32]]:
        """Yield float32 (n, channels) until the end."""
        import soundfile

        rate, read = file.samplerate, 0
        while True:
            try:
                piece = file.read(_PIECE, dtype="float32", always_2d=True)
            except soundfile.SoundFileError as error:
                raise EdgeSerError(
                    f"{self.name} cannot be decoded after {read / rate:.2f} s ({_reason(error)}); "
                    "it is damaged or truncated: get a complete copy"
                ) from None
            if not len(piece):
                break
            read += len(piece)
            yield piece
        if read == 0:
            raise EdgeSerError(f"{self.name} holds no audio; record or copy it again")
        # the length of an MP3 without a Xing header is an estimate
        spare = file.frames // 20 if file.format == "MP3" else 0
        if read + spare < file.frames < np.iinfo(np.int64).max:
            raise self._truncated(f"{file.frames / rate:.2f} s", f"{read / rate:.2f} s are there")

    def _truncated(self, promised: str, present: str) -> EdgeSerError:
        return EdgeSerError(
            f"{self.name} is truncated: its header promises {promised}, {present}; "
            "get a complete copy"
        )


def _reason(error: Exception) -> str:
    """Return libsndfile's message without its prefix and full stop."""
    text = getattr(error, "error_string", str(error))
    return " ".join(text.removeprefix("Error :").split()).rstrip(".")


class AudioSignal:
    """An array as a source.

    Args:
        signal: float within [-1, 1] or int16; (n,) or (n, channels).
        sampling_rate: Hz, 8 to 192 kHz.

    Raises:
        EdgeSerError: at once for an empty array or one of another type or shape; at the first
            block for the rate; at the block where a sample is not finite.
    """

    name = "signal"

    def __init__(self, signal: NDArray[Any], sampling_rate: float) -> None:
        signal = np.asarray(signal)
        if signal.dtype != np.int16 and signal.dtype.kind != "f":
            raise EdgeSerError(
                f"a signal of {signal.dtype} cannot be used; give int16, or floats within [-1, 1]"
            )
        if signal.ndim not in (1, 2) or signal.shape[-1] > len(signal) > 0:
            raise EdgeSerError(
                f"a signal of shape {signal.shape} cannot be used; give (samples,) or "
                "(samples, channels)"
            )
        if signal.size == 0:
            raise EdgeSerError(f"the signal is empty, its shape {signal.shape}; give some audio")
        self.signal = signal
        self.sampling_rate = sampling_rate

    def __enter__(self) -> AudioSignal:
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing: there is nothing to close."""

    def __iter__(self) -> Iterator[Block]:
        starts = range(0, len(self.signal), _PIECE)
        pieces = (self.signal[start : start + _PIECE] for start in starts)
        for samples in to_blocks(pieces, self.sampling_rate, self.name):
            yield Block(samples, time.monotonic())
