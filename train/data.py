"""Clips as graphs: what the networks are trained and tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge_ser import graph, nodes
from edge_ser.events import LABELS
from edge_ser.features import FeatureSet
from edge_ser.nodes import Nodes
from edge_ser.normalisation import Normalisation, normalise
from train.corpora import Row
from train.metrics import Predictions, Scores, initial, score_corpora
from train.protocol import Speaker, clip_names
from train.words import Words


@dataclass(frozen=True)
class Table:
    """The rows, column by column.

    Args:
        corpora: (R,) names.
        speakers: (R,) ``corpus/speaker``.
        clips: (R,) ``corpus/`` and the :func:`train.protocol.clip_names`.
        labels: (R,) indices into :data:`edge_ser.events.LABELS`.
    """

    corpora: NDArray[np.str_]
    speakers: NDArray[np.str_]
    clips: NDArray[np.str_]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Table:
        """The columns of ``rows``."""
        return cls(
            np.array([row.corpus for row in rows]),
            np.array([f"{row.corpus}/{row.speaker}" for row in rows]),
            np.array([f"{corpus}/{name}" for corpus, name in clip_names(rows)]),
            np.array([LABELS.index(row.emotion) for row in rows], np.int64),
        )

    def rows_of(self, speakers: Sequence[Speaker]) -> NDArray[np.int64]:
        """Indices of the rows that these speakers speak, or of the clips so named."""
        names = [f"{corpus}/{name}" for corpus, name in speakers]
        return np.flatnonzero(np.isin(self.speakers, names) | np.isin(self.clips, names))

    def score(self, rows: NDArray[np.int64], predictions: NDArray[np.int64]) -> dict[str, Scores]:
        """Corpus to the figures of (n,) predictions for (n,) rows."""
        return score_corpora(self.corpora[rows], self.labels[rows], predictions)

    def predictions(self, rows: NDArray[np.int64], predictions: NDArray[np.int64]) -> Predictions:
        """Write down each of (n,) predictions for (n,) rows, see :data:`Predictions`."""
        written: Predictions = {}
        for row, predicted in zip(rows.tolist(), predictions.tolist(), strict=True):
            corpus, _, speaker = str(self.speakers[row]).partition("/")
            by_label = written.setdefault(corpus, {}).setdefault(speaker, {})
            label = LABELS[self.labels[row]]
            by_label[label] = by_label.get(label, "") + initial(predicted)
        return written


@dataclass(frozen=True)
class Clips:
    """The nodes of all rows in one variant, as few flat arrays (they travel between processes).

    Args:
        values: (M, d) unnormalised nodes, row after row.
        rows: (M,) the row that each node belongs to.
        bounds: (G, 2) first and last + 1 node of each graph.
        utterances: (G,) the utterance that each graph is a window of.
        seconds: (U,) duration of each utterance.
        owners: (U,) the row that each utterance was found in.
    """

    values: NDArray[np.float32]
    rows: NDArray[np.int64]
    bounds: NDArray[np.int64]
    utterances: NDArray[np.int64]
    seconds: NDArray[np.float64]
    owners: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        found: Sequence[Nodes],
        features: FeatureSet,
        length: float = nodes.WINDOW,
        step: float = nodes.WINDOW / 2,
    ) -> Clips:
        """From the nodes of every row; ``length``, ``step``: seconds, as of the graphs."""
        bounds: list[tuple[int, int]] = []
        utterances: list[int] = []
        seconds: list[float] = []
        owners: list[int] = []
        offset = 0
        for row, clip in enumerate(found):
            windows = nodes.windows(clip, features, length, step)
            for (start, end), slices in zip(clip.utterances, windows, strict=True):
                bounds += [(offset + s.start, offset + s.stop) for s in slices]
                utterances += [len(seconds)] * len(slices)
                seconds.append(end - start)
                owners.append(row)
            offset += len(clip.values)
        return cls(
            np.concatenate([clip.values for clip in found]),
            np.repeat(np.arange(len(found)), [len(clip.values) for clip in found]),
            np.array(bounds, np.int64).reshape(-1, 2),
            np.array(utterances, np.int64),
            np.array(seconds, np.float64),
            np.array(owners, np.int64),
        )

    @classmethod
    def of_vectors(cls, values: NDArray[np.float32]) -> Clips:
        """From one vector a row, (R, d); a row of NaN is a clip without any."""
        rows = np.flatnonzero(np.isfinite(values).all(axis=1))
        places = np.arange(len(rows))
        bounds = np.stack([places, places + 1], axis=1)
        return cls(values[rows], rows, bounds, places, np.ones(len(rows)), rows)


Normalise = Callable[[Clips], NDArray[np.float32]]
"""From clips to their (M, d) normalised nodes."""


def cold(clips: Clips, rows: NDArray[np.int64], clip: float) -> Normalisation:
    """Mean and deviation of the nodes of ``rows``: the training speakers'."""
    return Normalisation.fit(clips.values[np.isin(clips.rows, rows)], clip)


def per_speaker(clips: Clips, table: Table, clip: float) -> NDArray[np.float32]:
    """Each node normalised by all the nodes of its own speaker in ``clips``, labels unused."""
    speakers = table.speakers[clips.rows]
    normalised = np.empty_like(clips.values)
    for speaker in np.unique(speakers):
        chosen = speakers == speaker
        values = clips.values[chosen]
        normalised[chosen] = normalise(values, Normalisation.fit(values, clip))
    return normalised


@dataclass(frozen=True)
class Graph:
    """One window of an utterance, ready for a network.

    Args:
        x: (n, d) normalised nodes.
        a_hat: (n, n) normalised adjacency; None for networks that want no graph.
        row: the clip it comes from.
        utterance: the utterance it is a window of.
        words: (K, D) vectors of the clip's transcript; None for networks that read none.
    """

    x: Tensor
    a_hat: Tensor | None
    row: int
    utterance: int
    words: Tensor | None = None


def graphs(
    clips: Clips,
    normalised: NDArray[np.float32],
    rows: NDArray[np.int64],
    kind: str,
    gamma: float | None,
    words: Words | None = None,
) -> list[Graph]:
    """The graphs of ``rows``.

    Args:
        clips: where utterances and windows are.
        normalised: (M, d), the clips' nodes normalised.
        rows: indices of the clips wanted.
        kind: of graph, see :func:`edge_ser.graph.build`, or ``none``.
        gamma: threshold of the cosine graph.
        words: of all rows, for networks that read them.
    """
    wanted = set(rows.tolist())
    owners = clips.owners[clips.utterances]
    made = []
    for index, (start, stop) in enumerate(clips.bounds.tolist()):
        row = int(owners[index])
        if row in wanted:
            x = normalised[start:stop]
            a_hat = _adjacency(kind, x, gamma)
            said = None if words is None else torch.from_numpy(words.of(row).copy())
            own = torch.from_numpy(x.copy())
            made.append(Graph(own, a_hat, row, int(clips.utterances[index]), said))
    return made


def _adjacency(kind: str, x: NDArray[np.float32], gamma: float | None) -> Tensor | None:
    if kind == "none":
        return None
    if kind == "cosine":
        return torch.from_numpy(graph.build(kind, x, gamma))
    return _by_length(kind, len(x))


@lru_cache(maxsize=4096)  # thousands of segments share a few lengths
def _by_length(kind: str, n: int) -> Tensor:
    return torch.from_numpy(graph.build(kind, np.empty((n, 0), np.float32)))


@dataclass(frozen=True)
class Batch:
    """Padded graphs.

    Args:
        inputs: what ``forward`` of a :class:`train.models.network.Network` takes: ``x``
            (B, N, d), ``a_hat`` (B, N, N) where there are graphs, and ``mask`` (B, N), 1 for a
            node, 0 for padding; then, where there are words, their vectors (B, K, D) and mask.
        index: (B,) places of the graphs in the list they were taken from.
    """

    inputs: tuple[Tensor, ...]
    index: Tensor


def collate(
    chosen: Sequence[Graph], index: Sequence[int], device: torch.device | None = None
) -> Batch:
    """Pads the graphs ``chosen[i]`` for i in ``index`` to the longest of them."""
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
    return Batch(tuple(i.to(device) for i in inputs), torch.tensor(index).to(device))


def _pad(sequences: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """(B, N, d) and the mask (B, N), N at least 1."""
    n = max(1, *(len(sequence) for sequence in sequences))
    padded = torch.zeros(len(sequences), n, sequences[0].shape[1])
    mask = torch.zeros(len(sequences), n)
    for b, sequence in enumerate(sequences):
        padded[b, : len(sequence)], mask[b, : len(sequence)] = sequence, 1.0
    return padded, mask


def shuffled(lengths: Sequence[int], size: int, random: np.random.Generator) -> Iterator[list[int]]:
    """Batches of indices in random order, graphs of a similar length together.

    Sorting within pools of sixteen batches keeps padding small and every epoch different.
    """
    order = random.permutation(len(lengths))
    batches = []
    for begin in range(0, len(order), 16 * size):
        pool = sorted(order[begin : begin + 16 * size].tolist(), key=lengths.__getitem__)
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    for i in random.permutation(len(batches)):
        yield batches[i]
