"""Windows of utterances as tensors, and batches of them, the input of the networks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from edge_ser import graph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from train.features.words import Words
    from train.learning.data import Clips

_BATCH = 64


@dataclass(frozen=True)
class Window:
    """One window of an utterance, ready for a network.

    Args:
        x: (n, d) normalised nodes.
        a_hat: (n, n) normalised adjacency; None for networks without a graph.
        row: index of the clip.
        utterance: index of the utterance.
        words: (K, D) word vectors of the clip's transcript; None for networks without words.
    """

    x: Tensor
    a_hat: Tensor | None
    row: int
    utterance: int
    words: Tensor | None = None


def cut_windows(
    clips: Clips,
    normalised: NDArray[np.float32],
    rows: NDArray[np.int64],
    kind: str,
    gamma: float | None,
    words: Words | None = None,
) -> list[Window]:
    """Cut the windows of ``rows`` and build their graphs.

    Args:
        clips: holds the bounds of utterances and windows.
        normalised: (M, d) normalised nodes of the clips.
        rows: indices of the clips wanted.
        kind: kind of graph, see :func:`edge_ser.graph.build`, or ``none``.
        gamma: threshold of the cosine graph.
        words: word vectors of all rows, for networks that read them.
    """
    wanted = set(rows.tolist())
    owners = clips.owners[clips.utterances]
    made = []
    for index, (start, stop) in enumerate(clips.bounds.tolist()):
        row = int(owners[index])
        if row in wanted:
            x = normalised[start:stop]
            a_hat = adjacency(kind, x, gamma)
            said = None if words is None else torch.from_numpy(words.of(row).copy())
            own = torch.from_numpy(x.copy())
            made.append(
                Window(
                    x=own,
                    a_hat=a_hat,
                    row=row,
                    utterance=int(clips.utterances[index]),
                    words=said,
                )
            )
    return made


def adjacency(kind: str, x: NDArray[np.float32], gamma: float | None) -> Tensor | None:
    """Build the (n, n) normalised adjacency of (n, d) normalised nodes; None without a graph."""
    if kind == "none":
        return None
    if kind == "cosine":
        return torch.from_numpy(graph.build(kind, x, gamma))
    return _by_length(kind, len(x))


@lru_cache(maxsize=4096)  # thousands of windows have only a few lengths
def _by_length(kind: str, n: int) -> Tensor:
    return torch.from_numpy(graph.build(kind, np.empty((n, 0), np.float32)))


@dataclass(frozen=True)
class Batch:
    """A batch of padded windows.

    Args:
        inputs: arguments of ``forward`` of a :class:`train.models.network.Network`: ``x``
            (B, N, d), ``a_hat`` (B, N, N) if there are graphs, and ``mask`` (B, N), 1 for a node,
            0 for padding; then, if there are words, their vectors (B, K, D) and mask (B, K).
        index: (B,) indices of the windows in the list they were taken from.
    """

    inputs: tuple[Tensor, ...]
    index: Tensor


def collate(
    chosen: Sequence[Window], index: Sequence[int], device: torch.device | None = None
) -> Batch:
    """Pad the windows ``chosen[i]`` for i in ``index`` to the longest of them."""
    picked = [chosen[i] for i in index]
    x, mask = _pad([g.x for g in picked])
    inputs = [x, mask]
    if picked[0].a_hat is not None:
        n = x.shape[1]
        a_hat = torch.zeros(len(picked), n, n)
        for b, g in enumerate(picked):
            if g.a_hat is not None:
                a_hat[b, : len(g.x), : len(g.x)] = g.a_hat
        inputs.insert(1, a_hat)
    if picked[0].words is not None:
        inputs += _pad([g.words for g in picked if g.words is not None])
    return Batch(inputs=tuple(i.to(device) for i in inputs), index=torch.tensor(index).to(device))


def _pad(sequences: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Pad sequences to (B, N, d), N at least 1, and return them with the mask (B, N)."""
    n = max(1, *(len(sequence) for sequence in sequences))
    padded = torch.zeros(len(sequences), n, sequences[0].shape[1])
    mask = torch.zeros(len(sequences), n)
    for b, sequence in enumerate(sequences):
        padded[b, : len(sequence)], mask[b, : len(sequence)] = sequence, 1.0
    return padded, mask


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Yield batches of indices in random order, with windows of similar length together.

    Sorting within pools of sixteen batches keeps the padding small and every epoch different.
    """
    order = random.permutation(len(lengths))
    batches = []
    for begin in range(0, len(order), 16 * size):
        pool = sorted(order[begin : begin + 16 * size].tolist(), key=lengths.__getitem__)
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    for i in random.permutation(len(batches)):
        yield batches[i]


def batches(
    windows: Sequence[Window], device: torch.device | None = None, size: int = _BATCH
) -> list[Batch]:
    """Collate all windows, with windows of similar length together."""
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].x))
    return [collate(windows, order[i : i + size], device) for i in range(0, len(order), size)]
