"""Rows of the corpora and their nodes in flat arrays, cheap to send between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.events import LABELS
from edge_ser.normalisation import Normalisation
from edge_ser.windows import WINDOW
from train.metrics import Predictions, Scores, initial, score_corpora
from train.protocol import Speaker, clip_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edge_ser.features import FeatureSet
    from edge_ser.nodes import Nodes
    from train.corpora import Row
    from train.features.words import Words


@dataclass(frozen=True)
class Table:
    """The rows as columns.

    Args:
        corpora: (R,) names.
        speakers: (R,) ``corpus/speaker``.
        clips: (R,) ``corpus/clip``, named by :func:`train.protocol.clip_names`.
        labels: (R,) indices into ``names``.
        votes: (R, C) shares of the listeners who heard each label; 1 for the clip's own where
            nobody was asked.
        names: names of the C classes.
    """

    corpora: NDArray[np.str_]
    speakers: NDArray[np.str_]
    clips: NDArray[np.str_]
    labels: NDArray[np.int64]
    votes: NDArray[np.float32]
    names: tuple[str, ...] = LABELS

    @classmethod
    def of(cls, rows: Sequence[Row], names: tuple[str, ...] = LABELS) -> Table:
        """Build the columns of ``rows``, whose emotions are some of ``names``."""
        labels = np.array([names.index(row.emotion) for row in rows], np.int64)
        votes = np.eye(len(names), dtype=np.float32)[labels]
        for own, row in zip(votes, rows, strict=True):
            own[:] = row.votes or own
        return cls(
            corpora=np.array([row.corpus for row in rows]),
            speakers=np.array([f"{row.corpus}/{row.speaker}" for row in rows]),
            clips=np.array([f"{corpus}/{name}" for corpus, name in clip_names(rows)]),
            labels=labels,
            votes=votes,
            names=names,
        )

    def rows_of(self, speakers: Sequence[Speaker]) -> NDArray[np.int64]:
        """Return the indices of the rows of these speakers, or of the clips with these names."""
        names = [f"{corpus}/{name}" for corpus, name in speakers]
        return np.flatnonzero(np.isin(self.speakers, names) | np.isin(self.clips, names))

    def score(self, rows: NDArray[np.int64], predictions: NDArray[np.int64]) -> dict[str, Scores]:
        """Score (n,) predictions for (n,) rows, corpus by corpus."""
        return score_corpora(self.corpora[rows], self.labels[rows], predictions, self.names)

    def predictions(self, rows: NDArray[np.int64], predictions: NDArray[np.int64]) -> Predictions:
        """Group (n,) predictions for (n,) rows as :data:`Predictions`."""
        written: Predictions = {}
        for row, predicted in zip(rows.tolist(), predictions.tolist(), strict=True):
            corpus, _, speaker = str(self.speakers[row]).partition("/")
            by_label = written.setdefault(corpus, {}).setdefault(speaker, {})
            label = self.names[self.labels[row]]
            by_label[label] = by_label.get(label, "") + initial(predicted)
        return written


@dataclass(frozen=True)
class Clips:
    """Nodes of all rows in one variant, in flat arrays that are cheap to send between processes.

    Args:
        values: (M, d) unnormalised nodes, row after row.
        rows: (M,) row of each node.
        bounds: (W, 2) first and last + 1 node of each window.
        utterances: (W,) utterance of each window.
        seconds: (U,) duration of each utterance.
        owners: (U,) row of each utterance.
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
        length: float = WINDOW,
        step: float = WINDOW / 2,
    ) -> Clips:
        """Cut the nodes of every row into windows of ``length`` seconds, ``step`` apart."""
        bounds: list[tuple[int, int]] = []
        utterances: list[int] = []
        seconds: list[float] = []
        owners: list[int] = []
        offset = 0
        for row, clip in enumerate(found):
            windows = clip.windows(features, length, step)
            for (start, end), slices in zip(clip.utterances, windows, strict=True):
                bounds += [(offset + s.start, offset + s.stop) for s in slices]
                utterances += [len(seconds)] * len(slices)
                seconds.append(end - start)
                owners.append(row)
            offset += len(clip.values)
        return cls(
            values=np.concatenate([clip.values for clip in found]),
            rows=np.repeat(np.arange(len(found)), [len(clip.values) for clip in found]),
            bounds=np.array(bounds, np.int64).reshape(-1, 2),
            utterances=np.array(utterances, np.int64),
            seconds=np.array(seconds, np.float64),
            owners=np.array(owners, np.int64),
        )

    @classmethod
    def of_vectors(cls, values: NDArray[np.float32]) -> Clips:
        """Build clips of one vector per row, (R, d); NaN marks a clip without a vector."""
        rows = np.flatnonzero(np.isfinite(values).all(axis=1))
        places = np.arange(len(rows))
        bounds = np.stack([places, places + 1], axis=1)
        return cls(
            values=values[rows],
            rows=rows,
            bounds=bounds,
            utterances=places,
            seconds=np.ones(len(rows)),
            owners=rows,
        )


@dataclass(frozen=True)
class Data:
    """All rows, their nodes in every variant needed and, if needed, their word vectors."""

    table: Table
    clips: Mapping[str, Clips]
    words: Words | None = None


def fit_normalisation(
    clips: Clips, rows: NDArray[np.int64], limit: float, groups: NDArray[np.str_] | None = None
) -> Normalisation:
    """Fit the normalisation to the nodes of ``rows``, the clips of the training speakers.

    Args:
        clips: the nodes of all rows.
        rows: indices of the clips.
        limit: largest absolute value after normalisation.
        groups: (R,) names of groups of clips that count alike, however many nodes they have; None
            if every node counts alike.
    """
    chosen = np.isin(clips.rows, rows)
    if groups is None:
        return Normalisation.fit(clips.values[chosen], limit)
    _, places, counts = np.unique(
        groups[clips.rows[chosen]], return_inverse=True, return_counts=True
    )
    return Normalisation.fit(clips.values[chosen], limit, 1 / counts[places])


def normalise_per_speaker(clips: Clips, table: Table, limit: float) -> NDArray[np.float32]:
    """Normalise each node by all nodes of its speaker in ``clips``; labels are not used."""
    speakers = table.speakers[clips.rows]
    normalised = np.empty_like(clips.values)
    for speaker in np.unique(speakers):
        chosen = speakers == speaker
        values = clips.values[chosen]
        normalised[chosen] = Normalisation.fit(values, limit).transform(values)
    return normalised
