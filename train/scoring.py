"""From the logits of graphs to the decision on a clip, the way the device decides on a file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from edge_ser.events import LABELS
from train.data import Batch, Clips, Graph, collate
from train.metrics import NO_SPEECH

_BATCH = 64


def batches(
    graphs: Sequence[Graph], device: torch.device | None = None, size: int = _BATCH
) -> list[Batch]:
    """All graphs, those of a similar length together."""
    order = sorted(range(len(graphs)), key=lambda i: len(graphs[i].x))
    return [collate(graphs, order[i : i + size], device) for i in range(0, len(order), size)]


@torch.inference_mode()
def compute_logits(model: nn.Module, batched: Sequence[Batch]) -> NDArray[np.float32]:
    """(G, C) logits in the order of the graphs that :func:`batches` was given."""
    model.eval()
    logits = np.empty((sum(len(b.index) for b in batched), len(LABELS)), np.float32)
    for batch in batched:
        logits[batch.index.cpu().numpy()] = model(*batch.inputs).cpu().numpy()
    return logits


def clip_probabilities(
    logits: NDArray[np.float32], graphs: Sequence[Graph], clips: Clips, rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean logits over an utterance's windows, softmax, duration-weighted mean over utterances.

    Args:
        logits: (G, C), one row a graph.
        graphs: all graphs of ``rows``.
        clips: where the utterances' durations are.
        rows: (R,) indices of clips.

    Returns:
        (R, C), zeros for a clip without an utterance.
    """
    utterances = np.array([g.utterance for g in graphs], np.int64)
    kept, place = np.unique(utterances, return_inverse=True)
    sums = np.zeros((len(kept), logits.shape[1]))
    np.add.at(sums, place, logits.astype(np.float64))
    means = sums / np.bincount(place, minlength=len(kept))[:, None]
    exponents = np.exp(means - means.max(axis=1, keepdims=True, initial=-np.inf))
    probabilities = exponents / exponents.sum(axis=1, keepdims=True)
    weighted = np.zeros((int(max(rows, default=0)) + 1, logits.shape[1]))
    np.add.at(weighted, clips.owners[kept], probabilities * clips.seconds[kept, None])
    totals = weighted[rows].sum(axis=1, keepdims=True)
    return np.divide(weighted[rows], totals, out=weighted[rows], where=totals > 0)


def decide(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """(R,) predicted labels; :data:`NO_SPEECH` where :func:`clip_probabilities` has zeros."""
    return np.where(probabilities.any(axis=1), probabilities.argmax(axis=1), NO_SPEECH)
