"""What was measured of each system: the rows that ``python -m benchmarks.papers`` writes."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_ser.errors import EdgeSerError
from train.augment import CLEAN
from train.metrics import Scores, aggregate, mean_ua

TITLES = {
    "cogcn": "CoGCN",
    "tgcn": "TGCN",
    "bigru": "BiGRU",
    "wma-gin": "WMA-GIN",
    "ga-gru": "GA-GRU",
    "rlc": "RLC",
    "glam": "GLAM",
    "svm": "SVM (linear, C = 1)",
    "svm-rbf": "SVM (RBF)",
    "dnn": "DNN",
}
"""The systems of the papers; any other name is a variant of one of them."""

NORMALISATIONS = {"cold": "cold", "speaker": "per speaker"}
"""As written in a file, and as shown."""


@dataclass(frozen=True)
class System:
    """A system in one normalisation, trained and tested at least once.

    Args:
        name: of the row.
        model: a network of :mod:`train.models`, or a support vector machine.
        normalisation: ``cold`` or ``speaker``.
        corpora: it was trained and tested on, in order, name to what
            :func:`train.runs.describe_rows` says of it.
        fits: one for each fold and seed: ``seed``, ``fold``, ``device``, ``seconds``, ``test``
            (condition to corpus to :func:`train.metrics.score`) and, of networks,
            ``parameters``, ``epochs`` and ``history``.
    """

    name: str
    model: str
    normalisation: str
    corpora: dict[str, Any]
    fits: list[dict[str, Any]]

    @property
    def title(self) -> str:
        """What it is called, without the normalisation."""
        return TITLES.get(self.name, self.name)

    @property
    def label(self) -> str:
        """Title and normalisation."""
        return f"{self.title}, {NORMALISATIONS[self.normalisation]}"

    @property
    def conditions(self) -> list[str]:
        """What the test clips were altered by, ``clean`` among them."""
        return list(dict.fromkeys(c for fit in self.fits for c in fit["test"]))

    @property
    def parameters(self) -> list[int]:
        """Numbers in the network of each fit, ascending; none for support vectors."""
        return sorted(fit["parameters"] for fit in self.fits if "parameters" in fit)

    def figures(self, corpus: str, condition: str = CLEAN) -> Scores | None:
        """What :func:`train.metrics.aggregate` makes of all fits; None where there is no score."""
        tested = [fit["test"].get(condition, {}) for fit in self.fits]
        scores = [corpora[corpus] for corpora in tested if corpus in corpora]
        return aggregate(scores) if scores else None

    def spread(self, figure: str, corpus: str) -> dict[str, float] | None:
        """``mean`` and ``sd`` of one figure on clean clips, ``scores`` counted; None as above."""
        found = self.figures(corpus)
        return None if found is None else {**found[figure], "scores": found["scores"]}

    def mean_ua(self, condition: str = CLEAN) -> dict[str, float] | None:
        """The same of UA, the mean over the corpora."""
        found = [mean_ua(fit["test"][condition]) for fit in self.fits if condition in fit["test"]]
        if not found:
            return None
        return {
            "mean": statistics.fmean(found),
            "sd": statistics.pstdev(found),
            "scores": len(found),
        }


def read(folder: Path) -> list[System]:
    """The systems of which at least one fold is done; the papers' own first, cold first.

    Raises:
        EdgeSerError: no such folder, nothing in it, or a file that is no row.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise EdgeSerError(
            f"{folder}: no rows there; `python -m benchmarks.papers table` writes them"
        )
    found = [_read(file) for file in files]
    return sorted((system for system in found if system.fits), key=_place)


def published(systems: Sequence[System]) -> list[System]:
    """Those that are a system of a paper, not a variant."""
    return [system for system in systems if system.name in TITLES]


def _place(system: System) -> tuple[bool, int, str, int]:
    models, words = list(TITLES), list(NORMALISATIONS)
    place = models.index(system.model) if system.model in TITLES else len(models)
    return system.name not in TITLES, place, system.name, words.index(system.normalisation)


def _read(file: Path) -> System:
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
        if row["normalisation"] not in NORMALISATIONS:
            raise KeyError("normalisation")
        wanted = ("name", "model", "normalisation", "corpora", "fits")
        return System(**{key: row[key] for key in wanted})
    except (ValueError, KeyError, TypeError) as error:
        raise EdgeSerError(
            f"{file}: is not a row of `python -m benchmarks.papers` ({error}); move it away"
        ) from error
