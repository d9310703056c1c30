"""The nodes of the utterances of a finite source: the one way for training and for files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio import Block
from edge_ser.features import FeatureSet
from edge_ser.speech.segmenter import SpeechSegmenter
from edge_ser.windows import WINDOW, window_slices

VERSION = "1"
"""Raise it whenever the same audio would give other nodes: it is part of every cache key."""


@dataclass(frozen=True)
class Nodes:
    """The utterances of a finite source, as the rows of one matrix.

    Args:
        values: (M, d) float32 raw vectors, utterance after utterance.
        utterances: (start, end) of each, in seconds.
        counts: rows of each.
    """

    values: NDArray[np.float32]
    utterances: list[tuple[float, float]]
    counts: list[int]

    def windows(
        self, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
    ) -> list[list[slice]]:
        """Return for each utterance the rows of ``values`` that form its windows.

        Arguments as of :func:`edge_ser.windows.window_slices`.
        """
        begins = np.cumsum([0, *self.counts])
        return [
            [
                slice(begin + s.start, begin + s.stop)
                for s in window_slices(count, features, length, step)
            ]
            for begin, count in zip(begins[:-1].tolist(), self.counts, strict=True)
        ]


def extract(blocks: Iterable[Block], segmenter: SpeechSegmenter) -> Nodes:
    """Find the utterances of a whole finite source and their nodes, as the device does.

    Args:
        blocks: the source.
        segmenter: without a hop; it is started afresh, which costs less than another one.
    """
    segmenter.restart(0.0)
    segments = [s for block in blocks for s in segmenter.push(block.samples)]
    segments += segmenter.finish()
    empty = np.empty((0, segmenter.features.dimension), np.float32)
    return Nodes(
        values=np.concatenate([empty, *(s.values for s in segments)]),
        utterances=[(s.start, s.end) for s in segments],
        counts=[len(s.values) for s in segments],
    )
