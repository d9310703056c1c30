"""An array as a source of audio."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.audio.block import Block, Closable
from edge_ser.audio.convert import PIECE, check_type, in_blocks, to_samples
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class AudioSignal(Closable):
    """An array as a source.

    Args:
        signal: float within [-1, 1], or PCM of 8 (unsigned), 16 or 32 bits; (n,) or
            (n, channels).
        sampling_rate: Hz, 8 to 192 kHz.
        channel: hear only this one, from 1; None: what the channels have in common, see
            :class:`edge_ser.audio.channels.Downmix`.

    Raises:
        EdgeSerError: at once for an empty array or one of another type or shape; at the first
            block for the rate and the channel; at the block where a sample is not finite.
    """

    name = "signal"

    def __init__(
        self, signal: NDArray[Any], sampling_rate: float, channel: int | None = None
    ) -> None:
        super().__init__()
        signal = np.asarray(signal)
        check_type(signal)
        if signal.shape[-1] > len(signal) > 0:
            raise EdgeSerError(
                f"a signal of shape {signal.shape} cannot be used; give (samples,) or "
                "(samples, channels)"
            )
        if signal.size == 0:
            raise EdgeSerError(f"the signal is empty, its shape {signal.shape}; give some audio")
        self.signal = signal
        self.sampling_rate = sampling_rate
        self.channel = channel

    def __repr__(self) -> str:
        return f"AudioSignal({self.signal.dtype}{self.signal.shape}, {self.sampling_rate:g} Hz)"

    def __enter__(self) -> AudioSignal:
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing: there is nothing to close."""

    def __iter__(self) -> Iterator[Block]:
        closed = self._closed
        starts = range(0, len(self.signal), PIECE)
        pieces = (self.signal[start : start + PIECE] for start in starts)
        converted = to_samples(pieces, self.sampling_rate, self.name, self.channel)
        for samples in in_blocks(converted):
            if closed.is_set():
                return
            yield Block(samples, time.monotonic())
