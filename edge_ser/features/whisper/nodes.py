"""Nodes of an utterance: frames of Whisper's encoder, averaged to ten a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.features.whisper.encoder import FRAME_STEP
from edge_ser.features.whisper.mel import LogMel, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.features.whisper.encoder import Array, WhisperEncoder

STEP = 0.1
"""Seconds between two nodes."""
_PER_NODE = round(STEP / FRAME_STEP)
_MEL_PER_NODE = 2 * _PER_NODE
_LONGEST = 8 * 100
"""Mel frames that the encoder sees at once: 8 seconds."""
_LOUDEST = 1.5  # decades: the maximum of every utterance, an ordinary one of Whisper's input


def whisper_nodes(encoder: WhisperEncoder, samples: NDArray[np.int16]) -> Array:
    """Compute the (n, width) nodes of an utterance of (m,) samples at 16 kHz.

    The spectrogram is shifted to the same maximum for every utterance, so that the level of the
    recording does not matter. A rest of less than a node is left out; an utterance has one at
    least.
    """
    mel = LogMel()
    signal = (samples / np.float32(32_768)).astype(np.float32)
    decades = np.concatenate([mel.push(signal), mel.finish()])
    if len(decades) == 0:
        return np.empty((0, encoder.width), np.float32)
    spectrogram = scaled(decades - decades.max() + np.float32(_LOUDEST))
    nodes: list[Array] = []
    for begin in range(0, len(spectrogram), _LONGEST):
        part = spectrogram[begin : begin + _LONGEST]
        if len(part) < _MEL_PER_NODE:
            if nodes:
                break
            part = np.pad(part, ((0, _MEL_PER_NODE - len(part)), (0, 0)), mode="edge")
        frames = encoder(part)
        whole = len(frames) // _PER_NODE * _PER_NODE
        nodes.append(frames[:whole].reshape(-1, _PER_NODE, encoder.width).mean(axis=1))
    return np.concatenate(nodes)
