"""What the networks of a run say of the clips of their test speakers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError
from train.conditions.augment import CLEAN
from train.learning.scoring import decide
from train.pipeline import load_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from train.features.cache import Cache
    from train.learning.data import Table
    from train.runs import Run


@dataclass(frozen=True)
class Scored:
    """Answers about clips, each by the network of a fold that tests its speaker.

    Args:
        run: the run.
        table: all clips of the run.
        folds: the folds that are trained.
        rows: (n,) the clips that they test.
        probabilities: (n, C), zeros where no speech was detected.
    """

    run: Run
    table: Table
    folds: list[int]
    rows: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @classmethod
    def of(cls, run: Run, cache: Cache) -> Scored:
        """Ask every trained fold about its test clips, with nothing known about the speakers.

        Raises:
            EdgeSerError: no fold is trained yet.
        """
        folds = [fold for fold in range(len(run.splits)) if fold not in run.unfinished]
        if not folds:
            raise EdgeSerError(f"{run.path}: no fold is trained yet; run `fit` again")
        data = load_data(run.config, run.rows, [CLEAN], cache)
        rows, probabilities = [], []
        for fold in folds:
            own = data.table.rows_of(run.splits[fold].test)
            trained = run.load(fold)
            subset = trained.subset(data, own)
            rows.append(own)
            probabilities.append(subset.probabilities(subset.logits(trained.model)))
        return cls(run, data.table, folds, np.concatenate(rows), np.concatenate(probabilities))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        return self.table.names

    @property
    def truth(self) -> NDArray[np.int64]:
        """(n,) true classes."""
        return self.table.labels[self.rows]

    @property
    def predictions(self) -> NDArray[np.int64]:
        """(n,) predicted classes, :data:`train.metrics.NO_SPEECH` where none was detected."""
        return decide(self.probabilities)

    @property
    def corpora(self) -> NDArray[np.str_]:
        """(n,) names."""
        return self.table.corpora[self.rows]

    @property
    def speakers(self) -> NDArray[np.str_]:
        """(n,) ``corpus/speaker``."""
        return self.table.speakers[self.rows]

    def by_corpus(self) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield each corpus with a mask (n,) of its clips."""
        for corpus in dict.fromkeys(self.corpora.tolist()):
            yield corpus, self.corpora == corpus
