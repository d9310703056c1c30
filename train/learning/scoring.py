"""Decisions on clips from the logits of their windows, as the device decides on a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from train.learning.windows import Batch, Window, batches, collate
from train.metrics import NO_SPEECH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from train.learning.data import Clips


@dataclass(frozen=True)
class Subset:
    """Clips of one variant, and the windows cut from them.

    Args:
        clips: all clips of the variant.
        nodes: (M, d) their nodes, normalised.
        rows: (R,) the clips that the windows are cut from.
        windows: in the order of the clips.
        classes: C, number of labels.
    """

    clips: Clips
    nodes: NDArray[np.float32]
    rows: NDArray[np.int64]
    windows: list[Window]
    classes: int

    def logits(self, model: nn.Module) -> NDArray[np.float32]:
        """Compute the (W, C) logits of all windows."""
        return compute_logits(model, batches(self.windows), self.classes)

    def inputs(self) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32] | None]]:
        """Yield the input of a backend of :mod:`edge_ser`: nodes and adjacency of each window."""
        for place in range(len(self.windows)):
            x, *adjacency, _ = (given[0].numpy() for given in collate(self.windows, [place]).inputs)
            yield x, adjacency[0] if adjacency else None

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Score each clip: mean over windows, softmax, duration-weighted mean over utterances.

        Args:
            logits: (W, C), one row per window.

        Returns:
            (R, C), zeros for a clip without an utterance.
        """
        utterances = np.array([window.utterance for window in self.windows], np.int64)
        kept, place = np.unique(utterances, return_inverse=True)
        sums = np.zeros((len(kept), logits.shape[1]))
        np.add.at(sums, place, logits.astype(np.float64))
        means = sums / np.bincount(place, minlength=len(kept))[:, None]
        exponents = np.exp(means - means.max(axis=1, keepdims=True, initial=-np.inf))
        probabilities = exponents / exponents.sum(axis=1, keepdims=True)
        weighted = np.zeros((int(max(self.rows, default=0)) + 1, logits.shape[1]))
        seconds = self.clips.seconds[kept, None]
        np.add.at(weighted, self.clips.owners[kept], probabilities * seconds)
        chosen = weighted[self.rows]
        totals = chosen.sum(axis=1, keepdims=True)
        return np.divide(chosen, totals, out=chosen, where=totals > 0)

    def predictions(self, logits: NDArray[np.float32]) -> NDArray[np.int64]:
        """Predict the (R,) labels of the clips, see :func:`decide`."""
        return decide(self.probabilities(logits))


@torch.inference_mode()
def compute_logits(model: nn.Module, batched: Sequence[Batch], classes: int) -> NDArray[np.float32]:
    """Compute the (W, C) logits of batched windows, in their original order."""
    model.eval()
    logits = np.empty((sum(len(b.index) for b in batched), classes), np.float32)
    for batch in batched:
        logits[batch.index.cpu().numpy()] = model(*batch.inputs).cpu().numpy()
    return logits


def decide(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose (R,) labels; :data:`NO_SPEECH` where :meth:`Subset.probabilities` is all zero."""
    return np.where(probabilities.any(axis=1), probabilities.argmax(axis=1), NO_SPEECH)
