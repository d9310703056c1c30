"""A trained fold with the clips of its test speakers, for pictures of a network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rows import NORMALISATIONS
from edge_ser.events import LABELS
from edge_ser.features import FeatureSet, feature_set
from edge_ser.features.sets import F0, LLD_FRAME, LLD_STEP
from edge_ser.speech.segmenter import LEAD_IN
from train import models
from train.conditions.augment import CLEAN
from train.features.extraction import FUNCTIONALS, extract
from train.learning.windows import Window, batches, collate
from train.pipeline import load_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from edge_ser.nodes import Nodes
    from train.corpora import Row
    from train.features.cache import Cache
    from train.learning.scoring import Subset
    from train.learning.trained import Trained
    from train.runs import Run


@dataclass(frozen=True)
class InspectedFold:
    """The first trained fold of a run, and the clips of its test speakers.

    Args:
        run: the run.
        fold: number of the fold.
        trained: its network.
        rows: all clips of the test speakers.
        tested: the test clips among them, clean, as input of the network.
        cache: cache of features.
    """

    run: Run
    fold: int
    trained: Trained
    rows: list[Row]
    tested: Subset
    cache: Cache

    @classmethod
    def open(cls, run: Run, cache: Cache) -> InspectedFold | None:
        """Open the first trained fold of a run; return None if there is none yet."""
        finished = [fold for fold in range(len(run.splits)) if fold not in run.unfinished]
        if not finished:
            return None
        fold = finished[0]
        table = run.table
        test = table.rows_of(run.splits[fold].test)
        # per-speaker normalisation needs all clips of a speaker, in the test set or not
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
        """Feature set of the nodes; None for one vector per clip, which has no time."""
        spec = self.run.config.features
        return None if spec == FUNCTIONALS else feature_set(spec)

    def emotion(self, window: Window) -> str:
        """Return the label of a window's clip."""
        return self.rows[window.row].emotion

    def batches(self) -> Iterator[tuple[list[Window], tuple[Tensor, ...]]]:
        """Yield batches of test windows with the network's inputs for them."""
        for batch in batches(self.tested.windows):
            yield [self.tested.windows[i] for i in batch.index.tolist()], batch.inputs

    @cached_property
    def example(self) -> Window | None:
        """Example clip of one window: the angry one of median length, or any emotion if none is."""
        count = Counter(window.row for window in self.tested.windows)
        whole = [window for window in self.tested.windows if count[window.row] == 1]
        angry = [window for window in whole if self.emotion(window) == LABELS[0]] or whole
        angry.sort(key=lambda window: len(window.x))
        return angry[len(angry) // 2] if angry else None

    def inputs(self, window: Window) -> tuple[Tensor, ...]:
        """Return the network's inputs for a single window."""
        return collate([window], [0]).inputs

    def clip(self, example: Window) -> str:
        """Describe the clip of an example, as the first sentence of captions."""
        row = self.rows[example.row]
        return (
            f"One clip of a test speaker ({row.corpus}, speaker {row.speaker}, {row.emotion}, the "
            "median length of them)."
        )

    def times(self, window: Window) -> NDArray[np.float64]:
        """Return the (n,) times of the middle of each node, in seconds from the clip's beginning.

        Raises:
            ValueError: the clip is one vector, which has no time.
        """
        features = self.features
        if features is None:
            raise ValueError("functionals over a whole clip have no place in time")
        start, stop = self._bounds(window)
        found = extract([self.rows[window.row]], features.spec, CLEAN, self.cache)[0]
        return node_times(found, features)[start:stop]

    def voicing(self, windows: Sequence[Window]) -> list[NDArray[np.float64]]:
        """Compute for each window the (n,) shares of each node's frame with a pitch by openSMILE.

        The pitch is from eGeMAPS's low-level descriptors, every 10 ms; nothing outside an utterance
        counts as voiced.
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
        """Return the window's first and last + 1 node among the nodes of its clip."""
        clips = self.tested.clips
        place = next(i for i, other in enumerate(self.tested.windows) if other is window)
        wanted = np.isin(clips.owners[clips.utterances], self.tested.rows)
        start, stop = clips.bounds[wanted][place].tolist()
        first = int(np.searchsorted(clips.rows, window.row))
        return start - first, stop - first


def node_times(found: Nodes, features: FeatureSet) -> NDArray[np.float64]:
    """Compute the (M,) times of the middle of each node, in seconds from the clip's beginning.

    Nodes lie on the grid of the stream, which begins with silence; an utterance has the nodes whose
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
    """Compute (n,) shares of voiced LLDs among the LLDs whose middles lie in each node's frame.

    Args:
        times: (n,) middles of the frames, in seconds from the clip's beginning.
        length: length of the frames in seconds, at least that of an LLD.
        voiced: (V,) middles of the voiced LLDs, which come every 10 ms, likewise, ascending.
    """

    def frame(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        return (seconds + LEAD_IN - LLD_FRAME / 2) / LLD_STEP

    first = np.ceil(frame(times - length / 2) - 1e-6)
    stop = np.ceil(frame(times + length / 2) - 1e-6)
    numbers = np.round(frame(voiced))
    return (np.searchsorted(numbers, stop) - np.searchsorted(numbers, first)) / (stop - first)
