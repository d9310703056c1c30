"""A trained fold and the clips of its test speakers: what the pictures of a network are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.rows import NORMALISATIONS
from edge_ser.events import LABELS
from edge_ser.features import FeatureSet, feature_set
from edge_ser.features.sets import F0, LLD_FRAME, LLD_STEP
from edge_ser.nodes import Nodes
from edge_ser.speech.segmenter import LEAD_IN
from train import models
from train.conditions.augment import CLEAN
from train.corpora import Row
from train.features.cache import Cache
from train.features.extraction import FUNCTIONALS, extract
from train.learning.scoring import Subset
from train.learning.trained import Trained
from train.learning.windows import Window, batches, collate
from train.pipeline import load_data
from train.runs import Run


@dataclass(frozen=True)
class InspectedFold:
    """The first trained fold of a run, and its test speakers.

    Args:
        run: the run.
        fold: number of the fold.
        trained: its network.
        rows: all clips of the test speakers.
        tested: the test clips among them, clean, as the network takes them.
        cache: of what is computed from the audio.
    """

    run: Run
    fold: int
    trained: Trained
    rows: list[Row]
    tested: Subset
    cache: Cache

    @classmethod
    def open(cls, run: Run, cache: Cache) -> InspectedFold | None:
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
        return cls(
            run=run,
            fold=fold,
            trained=trained,
            rows=rows,
            tested=trained.subset(data, places),
            cache=cache,
        )

    @property
    def title(self) -> str:
        """System, normalisation, seed and fold."""
        config = self.run.config
        system = models.find(config.model).title
        known = NORMALISATIONS[config.normalisation]
        return f"{system}, {known}, seed {self.run.seed}, fold {self.fold}"

    @property
    def features(self) -> FeatureSet | None:
        """What the nodes are; None for one vector a clip, which has no place in time."""
        spec = self.run.config.features
        return None if spec == FUNCTIONALS else feature_set(spec)

    def emotion(self, window: Window) -> str:
        """What the clip of a window is labelled."""
        return self.rows[window.row].emotion

    def batches(self) -> Iterator[tuple[list[Window], tuple[Tensor, ...]]]:
        """The test windows and the network's inputs for them, batch by batch."""
        for batch in batches(self.tested.windows):
            yield [self.tested.windows[i] for i in batch.index.tolist()], batch.inputs

    @cached_property
    def example(self) -> Window | None:
        """The angry test clip of median length, of those of one window; any emotion if need be."""
        count = Counter(window.row for window in self.tested.windows)
        whole = [window for window in self.tested.windows if count[window.row] == 1]
        angry = [window for window in whole if self.emotion(window) == LABELS[0]] or whole
        angry.sort(key=lambda window: len(window.x))
        return angry[len(angry) // 2] if angry else None

    def inputs(self, window: Window) -> tuple[Tensor, ...]:
        """The network's inputs for one window alone."""
        return collate([window], [0]).inputs

    def clip(self, example: Window) -> str:
        """Whose the clip of an example is, as the captions of its pictures begin."""
        row = self.rows[example.row]
        return (
            f"One clip of a test speaker ({row.corpus}, speaker {row.speaker}, {row.emotion}, the "
            "median length of them)."
        )

    def times(self, window: Window) -> NDArray[np.float64]:
        """(n,) seconds from the beginning of the clip to the middle of each node.

        Raises:
            ValueError: the clip is one vector, which has no place in time.
        """
        features = self.features
        if features is None:
            raise ValueError("functionals over a whole clip have no place in time")
        start, stop = self._bounds(window)
        found = extract([self.rows[window.row]], features.spec, CLEAN, self.cache)[0]
        return node_times(found, features)[start:stop]

    def voicing(self, windows: Sequence[Window]) -> list[NDArray[np.float64]]:
        """For each window (n,) the share of each node's frame in which openSMILE finds a pitch.

        The pitch is that of eGeMAPS's low-level descriptors, every 10 ms; outside the utterance
        nothing is voiced, by what an utterance is.
        """
        descriptors = feature_set("egemaps-lld")
        rows = sorted({window.row for window in windows})
        found = extract([self.rows[row] for row in rows], descriptors.spec, CLEAN, self.cache)
        shares = []
        for window in windows:
            features = self.features or descriptors
            lld = found[rows.index(window.row)]
            voiced = node_times(lld, descriptors)[lld.values[:, F0] > 0]
            shares.append(voiced_shares(self.times(window), features.frame, voiced))
        return shares

    def _bounds(self, window: Window) -> tuple[int, int]:
        """First and last + 1 of the window's nodes among those of its clip."""
        clips = self.tested.clips
        place = next(i for i, other in enumerate(self.tested.windows) if other is window)
        wanted = np.isin(clips.owners[clips.utterances], self.tested.rows)
        start, stop = clips.bounds[wanted][place].tolist()
        first = int(np.searchsorted(clips.rows, window.row))
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
    times: NDArray[np.float64], length: float, voiced: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) shares of voiced LLDs among those, every 10 ms, whose middles a node's frame holds.

    Args:
        times: (n,) middles of the frames, in seconds from the beginning of the clip.
        length: of the frames in seconds, at least that of an LLD.
        voiced: (V,) middles of the voiced LLDs, ascending, likewise.
    """

    def frame(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        return (seconds + LEAD_IN - LLD_FRAME / 2) / LLD_STEP

    first = np.ceil(frame(times - length / 2) - 1e-6)
    stop = np.ceil(frame(times + length / 2) - 1e-6)
    numbers = np.round(frame(voiced))
    return (np.searchsorted(numbers, stop) - np.searchsorted(numbers, first)) / (stop - first)
