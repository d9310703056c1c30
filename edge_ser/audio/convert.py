"""Conversion from any sampling rate and number of channels to mono int16 at 16 kHz."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.audio.block import SAMPLING_RATE
from edge_ser.audio.channels import Downmix
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

BLOCK = 1600
"""Samples in a block of a file or an array: 0.1 s."""
PIECE = 4096
"""Frames of a file or an array that are converted at a time."""

_LOWEST_RATE, _HIGHEST_RATE = 8_000, 192_000
_FULL_SCALE = 32768.0
_PCM = {"uint8": (128.0, 128.0), "int16": (0.0, _FULL_SCALE), "int32": (0.0, 2.0**31)}
"""Offset and full scale of integers; 24 bits come as the upper ones of 32."""
_LARGEST = 100.0  # 40 dB over full scale: int16 values in a float array, for instance


def check_type(signal: NDArray[Any]) -> None:
    """Check that a :class:`Converter` takes arrays of this type.

    Raises:
        EdgeSerError: it does not, or the array has not one or two axes.
    """
    if signal.dtype.name not in _PCM and signal.dtype.kind != "f":
        raise EdgeSerError(
            f"a signal of {signal.dtype} cannot be used; give floats within [-1, 1], or int16"
        )
    if signal.ndim not in (1, 2):
        raise EdgeSerError(
            f"a signal of shape {signal.shape} cannot be used; give (samples,) or "
            "(samples, channels)"
        )


class Converter:
    """Streaming converter: one channel of several, soxr HQ resampling, rounding, clipping to int16.

    The result does not depend on how the signal is cut into pieces. Mono int16 at 16 kHz passes
    unchanged.

    Args:
        rate: sampling rate of the input, 8 to 192 kHz.
        name: name of the source, for error messages.
        channel: hear only this one, from 1; None: their :class:`Downmix`.

    Raises:
        EdgeSerError: at once for a rate outside the range; at the first piece for a channel that
            is not there.
    """

    def __init__(self, rate: float, name: str, channel: int | None = None) -> None:
        if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
            raise EdgeSerError(
                f"{name} has a sampling rate of {rate:g} Hz, which is outside 8 to 192 kHz; "
                "convert it to 16 kHz first"
            )
        self._name = name
        self._rate = rate
        self._channel = channel
        self._mix: Downmix | None = None
        self._frames = 0
        self._resampler = None
        if rate != SAMPLING_RATE:
            import soxr

            self._resampler = soxr.ResampleStream(rate, SAMPLING_RATE, 1, dtype="float32")

    def push(self, frames: NDArray[Any]) -> NDArray[np.int16]:
        """Convert the next piece; what the resampler holds back comes out of later calls.

        Args:
            frames: float within [-1, 1], or PCM of 8, 16 or 32 bits; (n,) or (n, channels).

        Raises:
            EdgeSerError: for NaN, infinity and absurdly large values.
        """
        if frames.ndim == 1:
            frames = frames[:, None]
        if self._mix is None:
            self._mix = Downmix(self._rate, frames.shape[1], self._channel, self._name)
        if frames.dtype == np.int16 and frames.shape[1] == 1 and self._resampler is None:
            return frames[:, 0]
        if frames.dtype.name in _PCM:
            offset, scale = _PCM[frames.dtype.name]
            frames = (frames.astype(np.float32) - np.float32(offset)) / np.float32(scale)
        else:
            self._check(frames)
        self._frames += len(frames)
        return self._resampled(self._mix.push(frames))

    def flush(self) -> NDArray[np.int16]:
        """Return what is still held back at the end of the signal; call it once."""
        rest = self._mix.flush() if self._mix else np.empty(0, np.float32)
        return self._resampled(rest, last=True)

    def _resampled(self, mono: NDArray[np.float32], last: bool = False) -> NDArray[np.int16]:
        return _to_int16(
            self._resampler.resample_chunk(mono, last=last) if self._resampler else mono
        )

    def _check(self, frames: NDArray[Any]) -> None:
        good = np.abs(frames) <= _LARGEST  # also False for NaN
        if good.all():
            return
        first = np.argwhere(~good)[0]
        at = (self._frames + first[0]) / self._rate
        raise EdgeSerError(
            f"{self._name} has a sample of {frames[tuple(first)]:g} at {at:.3f} s, where floats "
            "within [-1, 1] are expected; repair it or export it again"
        )


def _to_int16(signal: NDArray[np.float32]) -> NDArray[np.int16]:
    scaled = np.rint(signal * np.float32(_FULL_SCALE))
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def to_samples(
    pieces: Iterable[NDArray[Any]], rate: float, name: str, channel: int | None = None
) -> Iterator[NDArray[np.int16]]:
    """Convert the pieces of a signal one by one.

    Args:
        pieces: as :meth:`Converter.push` takes them.
        rate: as in :class:`Converter`.
        name: as in :class:`Converter`.
        channel: as in :class:`Converter`.
    """
    converter = Converter(rate, name, channel)
    yield from map(converter.push, pieces)
    yield converter.flush()


def in_blocks(pieces: Iterable[NDArray[np.int16]]) -> Iterator[NDArray[np.int16]]:
    """Cut a signal that comes in pieces into blocks of ``BLOCK`` samples, the last one shorter."""
    waiting = np.empty(0, np.int16)
    for piece in pieces:
        waiting = np.concatenate((waiting, piece))
        while len(waiting) >= BLOCK:
            yield waiting[:BLOCK]
            waiting = waiting[BLOCK:]
    if len(waiting):
        yield waiting
