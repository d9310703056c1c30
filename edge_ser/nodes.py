"""The utterances of a finite source and their nodes, found as they are on the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.windows import WINDOW, window_slices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from edge_ser.audio import Block
    from edge_ser.features import FeatureSet
    from edge_ser.speech.segment import Segmenter

VERSION = "2"
"""Part of every cache key; to be raised whenever the same audio would give different nodes."""


@dataclass(frozen=True)
class Nodes:
    """Nodes of all utterances of a finite source, in one matrix.

    Args:
        values: (M, d) float32 raw vectors, utterance after utterance.
        utterances: (start, end) of each utterance in seconds.
        counts: number of rows of each utterance.
    """

    values: NDArray[np.float32]
    utterances: list[tuple[float, float]]
    counts: list[int]

    def windows(
        self, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
    ) -> list[list[slice]]:
        """Return the windows of each utterance as slices of the rows of ``values``.

        The arguments are those of :func:`edge_ser.windows.window_slices`.
        """
        begins = np.cumsum([0, *self.counts])
        return [
            [
                slice(begin + s.start, begin + s.stop)
                for s in window_slices(count, features, length, step)
            ]
            for begin, count in zip(begins[:-1].tolist(), self.counts, strict=True)
        ]


def extract(blocks: Iterable[Block], segmenter: Segmenter) -> Nodes:
    """Find the utterances of a finite source and their nodes, as the device does.

    Args:
        blocks: the whole source.
        segmenter: one without a hop; it is restarted, which costs less than creating another.
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
