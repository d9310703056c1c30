"""Nodes of an utterance: frames of Whisper's encoder, averaged to ten a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.features.whisper.encoder import FRAME_STEP
from edge_ser.features.whisper.mel import LogMel, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.features.whisper.encoder import Array

STEP = 0.1
"""Seconds between two nodes."""
_PER_NODE = round(STEP / FRAME_STEP)
_MEL_PER_NODE = 2 * _PER_NODE
LONGEST = 8 * 100
"""Mel frames that the encoder sees at once: 8 seconds."""
_SETTLED = 2  # mel frames at the end that know what was mirrored, not what comes
_SOFTEST = 10**-1.8  # of the loudest node's power: 18 dB less
_LOUDEST = 1.5  # decades: the maximum of every utterance, an ordinary one of Whisper's input


class Encoder(Protocol):
    """What computes frames: in NumPy, or in onnxruntime."""

    width: int

    def __call__(self, mel: Array) -> Array:
        """Compute (k // 2, width) frames of (k, 80) scaled log-mel frames."""


class Utterance:
    """An utterance whose nodes are wanted while it goes on, and when it has ended.

    The spectrogram is shifted to the same maximum for every utterance, so that the level of the
    recording does not matter. Nodes are counted from the loudest tenth of a second, and the ends
    that are 18 dB softer are left out, so that the same speech has the same nodes wherever the
    recording began. Blocks of 8 seconds are encoded by themselves: those that are complete are not
    encoded again, unless something louder has come since.

    Args:
        encoder: computes the frames.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._complete: list[Array] = []
        self._maximum = np.float32(-np.inf)
        self._begin = 0

    @property
    def first(self) -> float:
        """Seconds from the first sample to the middle of the first node."""
        return self._begin / SAMPLING_RATE + STEP / 2

    def nodes(self, samples: NDArray[np.int16]) -> Array:
        """Compute the (n, width) nodes so far.

        A rest of less than a node is left out; an utterance has one at least.

        Args:
            samples: (m,) at 16 kHz, from the start of the utterance; all but the last half second
                must begin as they did the last time.
        """
        part = _aligned(samples)
        mel = LogMel()
        signal = (samples[part] / np.float32(32_768)).astype(np.float32)
        decades = np.concatenate([mel.push(signal), mel.finish()])
        if len(decades) == 0:
            return np.empty((0, self._encoder.width), np.float32)
        maximum = decades.max()
        if (part.start, maximum) != (self._begin, self._maximum):
            self._complete, self._begin, self._maximum = [], part.start, maximum
        spectrogram = scaled(decades - maximum + np.float32(_LOUDEST))
        known = self._complete[: max(len(spectrogram) - _SETTLED, 0) // LONGEST]
        blocks = list(known)
        for begin in range(len(known) * LONGEST, len(spectrogram), LONGEST):
            block = spectrogram[begin : begin + LONGEST]
            if len(block) >= _MEL_PER_NODE or not blocks:
                blocks.append(self._encode(block))
            if begin + LONGEST + _SETTLED <= len(spectrogram):
                self._complete.append(blocks[-1])
        return np.concatenate(blocks)

    def _encode(self, block: Array) -> Array:
        missing = max(_MEL_PER_NODE - len(block), 0)
        frames = self._encoder(np.pad(block, ((0, missing), (0, 0)), mode="edge"))
        whole = len(frames) // _PER_NODE * _PER_NODE
        return frames[:whole].reshape(-1, _PER_NODE, self._encoder.width).mean(axis=1)


def _aligned(samples: NDArray[np.int16]) -> slice:
    """Return where the nodes are: whole ones before and after the loudest, as far as it is loud."""
    length = round(STEP * SAMPLING_RATE)
    if len(samples) < length:
        return slice(0, len(samples))
    total = np.concatenate([[0], np.cumsum(np.square(samples, dtype=np.int64))])
    power = total[length:] - total[:-length]
    loudest = int(power.argmax())
    first = loudest % length
    (loud,) = np.nonzero(power[first::length] >= _SOFTEST * power[loudest])
    return slice(first + int(loud[0]) * length, first + (int(loud[-1]) + 1) * length)
