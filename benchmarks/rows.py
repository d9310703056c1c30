"""Row files of ``results/papers/``: one JSON file per system and normalisation.

Folds are added one by one. A file holds ``name``, ``normalisation``, ``model``, for networks
``config`` and ``parameters``, ``corpora`` (:func:`train.runs.describe_rows`) and ``fits``, each
with the keys of :class:`Fit`.
"""

from __future__ import annotations

import json
import platform
import statistics
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from edge_ser.errors import EdgeSerError
from train.conditions.augment import CLEAN
from train.config import Config
from train.metrics import Predictions, Scores, aggregate, mean_ua
from train.systems import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

NORMALISATIONS = {"cold": "cold", "speaker": "per speaker"}
"""Name in row files to name in tables and pictures."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One fold of a system, trained with one seed and tested.

    Args:
        seed: random seed.
        fold: number of the fold.
        commit: Git commit of the code; None if unknown.
        device: ``cpu`` or ``cuda``.
        seconds: duration of the training, including all candidates: of a network on a CPU processor
            time, in fits without predictions elapsed time.
        choice: settings that validation chose.
        parameters: number of the network's parameters; None for support vector machines, as are
            the next three.
        epochs: number of epochs that the kept weights were trained for.
        validation: corpus to UA on the validation speakers.
        history: one entry per epoch, with the keys of :class:`train.learning.trained.Epoch`.
        test: condition to corpus to the scores of :func:`train.metrics.score`.
        predictions: condition to the predicted label of every test clip; empty in older rows,
            which did not keep them.
        machine: architecture of the processor.
    """

    seed: int
    fold: int
    commit: str | None = None
    device: str
    seconds: float
    choice: dict[str, Any] = field(default_factory=dict)
    parameters: int | None = None
    epochs: int | None = None
    validation: dict[str, float] | None = None
    history: list[dict[str, Any]] | None = None
    test: dict[str, dict[str, Scores]]
    predictions: dict[str, Predictions] = field(default_factory=dict)
    machine: str = field(default_factory=platform.machine)

    def to_dict(self) -> dict[str, Any]:
        """Return the fit as written in a file, without keys that support vector machines lack."""
        return {key: value for key, value in asdict(self).items() if value not in (None, {})}


@dataclass(frozen=True, kw_only=True)
class System:
    """A system in one normalisation, with its fits.

    Args:
        name: name of the row.
        model: name of a network of :mod:`train.models`, or of a support vector machine.
        normalisation: ``cold`` or ``speaker``.
        corpora: corpora of training and test, in order, name to description by
            :func:`train.runs.describe_rows`.
        settings: for networks, ``config`` and the ``parameters`` of all candidates.
        fits: fits, sorted by seed and fold.
    """

    name: str
    model: str
    normalisation: str
    corpora: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    fits: Sequence[Fit] = ()

    @classmethod
    def from_dict(cls, written: Mapping[str, Any]) -> System:
        """Build a system from the output of :meth:`to_dict`.

        Settings that are newer than the row have their defaults, at which nothing changes.

        Raises:
            KeyError: a key is missing, or the normalisation unknown.
            TypeError: the keys of a fit are wrong.
        """
        if written["normalisation"] not in NORMALISATIONS:
            raise KeyError("normalisation")
        settings = {k: written[k] for k in ("config", "parameters") if k in written}
        if "config" in settings:
            settings["config"] = Config.from_dict(settings["config"]).to_dict()
        return cls(
            name=written["name"],
            model=written["model"],
            normalisation=written["normalisation"],
            corpora=written["corpora"],
            settings=settings,
            fits=[Fit(**fit) for fit in written["fits"]],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the system as written in a file."""
        return {
            "name": self.name,
            "normalisation": self.normalisation,
            "model": self.model,
            **self.settings,
            "corpora": self.corpora,
            "fits": [fit.to_dict() for fit in self.fits],
        }

    @property
    def file(self) -> str:
        """Name of the row file, without its suffix."""
        return f"{self.name}-{self.normalisation}"

    @property
    def title(self) -> str:
        """Title of the system, without the normalisation."""
        return TITLES.get(self.name, self.name)

    @property
    def label(self) -> str:
        """Title and normalisation."""
        return f"{self.title}, {NORMALISATIONS[self.normalisation]}"

    @property
    def conditions(self) -> list[str]:
        """Conditions of the test clips, including ``clean``."""
        return list(dict.fromkeys(c for fit in self.fits for c in fit.test))

    @property
    def parameters(self) -> list[int]:
        """Parameters of each fit's network, ascending; none for support vector machines."""
        return sorted(fit.parameters for fit in self.fits if fit.parameters is not None)

    def figures(self, corpus: str, condition: str = CLEAN) -> Scores | None:
        """Aggregate the scores of all fits (:func:`train.metrics.aggregate`); None without any."""
        tested = [fit.test.get(condition, {}) for fit in self.fits]
        scores = [corpora[corpus] for corpora in tested if corpus in corpora]
        return aggregate(scores) if scores else None

    def spread(self, figure: str, corpus: str) -> dict[str, float] | None:
        """Return ``mean``, ``sd`` and number of ``scores`` of a metric on clean clips, or None."""
        found = self.figures(corpus)
        return None if found is None else {**found[figure], "scores": found["scores"]}

    def mean_ua(self, condition: str = CLEAN) -> dict[str, float] | None:
        """Return the same for UA averaged over the corpora."""
        found = [mean_ua(fit.test[condition]) for fit in self.fits if condition in fit.test]
        if not found:
            return None
        return {
            "mean": statistics.fmean(found),
            "sd": statistics.pstdev(found),
            "scores": len(found),
        }


class RowFile:
    """A row file, to which folds are added.

    Args:
        folder: folder of the rows.
        system: the row without its fits.

    Raises:
        EdgeSerError: the file exists and has other settings or clips.
    """

    def __init__(self, folder: Path, system: System) -> None:
        self._file = folder / f"{system.file}.json"
        self._system = system
        if self._file.is_file():
            before = _read(self._file)
            if _plain(replace(before, fits=())) != _plain(system):
                raise EdgeSerError(f"{self._file} was made with other settings or clips; remove it")
            self._system = before

    def missing(self, seed: int, folds: Iterable[int]) -> list[int]:
        """Return the ``folds`` whose predictions are not in the file yet."""
        there = {fit.fold for fit in self._system.fits if fit.seed == seed and fit.predictions}
        return [fold for fold in folds if fold not in there]

    def add(self, fit: Fit) -> None:
        """Write a fit, replacing one with the same seed and fold."""
        kept = [f for f in self._system.fits if (f.seed, f.fold) != (fit.seed, fit.fold)]
        fits = sorted([*kept, fit], key=lambda f: (f.seed, f.fold))
        self._system = replace(self._system, fits=fits)
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(self._system.to_dict(), indent=1) + "\n")
        partial.replace(self._file)


def read(folder: Path) -> list[System]:
    """Read the systems with at least one fit, sorted: published before variants, cold first.

    Raises:
        EdgeSerError: the folder does not exist or holds no row, or a file is not a row.
    """
    files = sorted(folder.glob("*.json"))
    if not files:
        raise EdgeSerError(
            f"{folder}: no rows there; `python -m benchmarks.papers table` writes them"
        )
    found = [_read(file) for file in files]
    return sorted((system for system in found if system.fits), key=_place)


def published(systems: Sequence[System]) -> list[System]:
    """Return the systems that are published ones, not variants of them."""
    return [system for system in systems if system.name in TITLES]


def _place(system: System) -> tuple[bool, int, str, int]:
    models, words = list(TITLES), list(NORMALISATIONS)
    place = models.index(system.model) if system.model in TITLES else len(models)
    return system.name not in TITLES, place, system.name, words.index(system.normalisation)


def _plain(system: System) -> Any:
    """Return the system as it is read from a file, where tuples are lists."""
    return json.loads(json.dumps(system.to_dict()))


def _read(file: Path) -> System:
    try:
        return System.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise EdgeSerError(
            f"{file}: is not a row of `python -m benchmarks.papers` ({error}); move it away"
        ) from error
