"""A trained fold and the clips of its test speakers: what the pictures of a network are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from edge_ser.events import LABELS
from edge_ser.features import FeatureSet, feature_set
from edge_ser.features.sets import LLD_STEP, LLD_WINDOW
from edge_ser.nodes import F0, LEAD_IN, Nodes
from train.augment import CLEAN
from train.cache import Cache
from train.corpora import Row
from train.data import Graph, collate
from train.extraction import FUNCTIONALS, extract
from train.fit import Subset
from train.folds import Trained, subset
from train.pipeline import load_data
from train.report.results import NORMALISATIONS, TITLES
from train.runs import Run
from train.scoring import batches


@dataclass(frozen=True)
class Heard:
    """The first trained fold of a run, and its test speakers.

    Args:
        run: the run.
        fold: number of the fold.
        trained: its network.
        rows: all clips of the test speakers.
        chosen: the test clips among them as graphs, clean and normalised as the network wants.
        cache: of what is computed from the audio.
    """

    run: Run
    fold: int
    trained: Trained
    rows: list[Row]
    chosen: Subset
    cache: Cache

    @classmethod
    def open(cls, run: Run, cache: Cache) -> Heard | None:
        """None where no fold of the run is trained yet."""
        finished = [fold for fold in range(len(run.splits)) if fold not in run.unfinished]
        if not finished:
            return None
        fold = finished[0]
        table = run.table
        test = table.rows_of(run.splits[fold].test)
        # normalisation per speaker wants all that a speaker says, in the test set or not
        own = np.flatnonzero(np.isin(table.speakers, table.speakers[test]))
        rows = [run.rows[row] for row in own]
        data = load_data(run.config, rows, [CLEAN], cache)
        trained = run.load(fold)
        places = np.searchsorted(own, test)
        gamma, normalisation = trained.candidate.gamma, trained.normalisation
        chosen = subset(run.config, data, CLEAN, gamma, normalisation, places)
        return cls(run, fold, trained, rows, chosen, cache)

    @property
    def title(self) -> str:
        """System, normalisation, seed and fold."""
        config = self.run.config
        system = TITLES.get(config.model, config.model)
        known = NORMALISATIONS[config.normalisation]
        return f"{system}, {known}, seed {self.run.seed}, fold {self.fold}"

    @property
    def features(self) -> FeatureSet | None:
        """What the nodes are; None for one vector a clip, which has no place in time."""
        spec = self.run.config.features
        return None if spec == FUNCTIONALS else feature_set(spec)

    def emotion(self, graph: Graph) -> str:
        """What the clip of a graph is labelled."""
        return self.rows[graph.row].emotion

    def batches(self) -> Iterator[tuple[list[Graph], tuple[Tensor, ...]]]:
        """The test graphs and the network's inputs for them, batch by batch."""
        for batch in batches(self.chosen.graphs):
            yield [self.chosen.graphs[i] for i in batch.index.tolist()], batch.inputs

    @cached_property
    def example(self) -> Graph | None:
        """The angry test clip of median length among those of one graph; any emotion if need be."""
        count = Counter(graph.row for graph in self.chosen.graphs)
        whole = [graph for graph in self.chosen.graphs if count[graph.row] == 1]
        angry = [graph for graph in whole if self.emotion(graph) == LABELS[0]] or whole
        angry.sort(key=lambda graph: len(graph.x))
        return angry[len(angry) // 2] if angry else None

    def inputs(self, graph: Graph) -> tuple[Tensor, ...]:
        """The network's inputs for one graph alone."""
        return collate([graph], [0]).inputs

    def clip(self, example: Graph) -> str:
        """Whose the clip of an example is, as the captions of its pictures begin."""
        row = self.rows[example.row]
        return (
            f"One clip of a test speaker ({row.corpus}, speaker {row.speaker}, {row.emotion}, the "
            "median length of them)."
        )

    def times(self, graph: Graph) -> NDArray[np.float64]:
        """(n,) seconds from the beginning of the clip to the middle of each node.

        Raises:
            ValueError: the clip is one vector, which has no place in time.
        """
        features = self.features
        if features is None:
            raise ValueError("functionals over a whole clip have no place in time")
        start, stop = self._bounds(graph)
        found = extract([self.rows[graph.row]], features.spec, CLEAN, self.cache)[0]
        return node_times(found, features)[start:stop]

    def voicing(self, graphs: Sequence[Graph]) -> list[NDArray[np.float64]]:
        """For each graph (n,) the share of each node's window in which openSMILE finds a pitch.

        The pitch is that of eGeMAPS's low-level descriptors, every 10 ms; outside the utterance
        nothing is voiced, by what an utterance is.
        """
        descriptors = feature_set("egemaps-lld")
        rows = sorted({graph.row for graph in graphs})
        found = extract([self.rows[row] for row in rows], descriptors.spec, CLEAN, self.cache)
        shares = []
        for graph in graphs:
            features = self.features or descriptors
            lld = found[rows.index(graph.row)]
            voiced = node_times(lld, descriptors)[lld.values[:, F0] > 0]
            shares.append(voiced_shares(self.times(graph), features.window, voiced))
        return shares

    def _bounds(self, graph: Graph) -> tuple[int, int]:
        """First and last + 1 of the graph's nodes among those of its clip."""
        clips = self.chosen.clips
        place = next(i for i, other in enumerate(self.chosen.graphs) if other is graph)
        wanted = np.isin(clips.owners[clips.utterances], self.chosen.rows)
        start, stop = clips.bounds[wanted][place].tolist()
        first = int(np.searchsorted(clips.rows, graph.row))
        return start - first, stop - first


def node_times(found: Nodes, features: FeatureSet) -> NDArray[np.float64]:
    """(M,) seconds from the beginning of the clip to the middle of each of its nodes.

    Nodes lie on the grid of the stream, which begins with silence; an utterance has those whose
    middles lie in it.
    """
    times = [np.empty(0)]
    for (start, _), count in zip(found.utterances, found.counts, strict=True):
        first = np.ceil((start + LEAD_IN - features.centre(0) - 1e-9) / features.step)
        grid = features.centre(0) + (first + np.arange(count)) * features.step
        times.append(grid - LEAD_IN)
    return np.concatenate(times)


def voiced_shares(
    times: NDArray[np.float64], window: float, voiced: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) shares of voiced frames among the 10 ms frames whose middles a window holds.

    Args:
        times: (n,) middles of the windows, in seconds from the beginning of the clip.
        window: their length in seconds, at least that of a frame.
        voiced: (V,) middles of the voiced frames, ascending, likewise.
    """

    def frame(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        return (seconds + LEAD_IN - LLD_WINDOW / 2) / LLD_STEP

    first = np.ceil(frame(times - window / 2) - 1e-6)
    stop = np.ceil(frame(times + window / 2) - 1e-6)
    numbers = np.round(frame(voiced))
    return (np.searchsorted(numbers, stop) - np.searchsorted(numbers, first)) / (stop - first)
