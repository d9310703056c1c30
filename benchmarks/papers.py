"""The published systems side by side: five speaker-disjoint folds, cold and per speaker.

    python -m benchmarks.papers table --corpora DIR [--runs DIR]
    python -m benchmarks.papers claims --corpora DIR [--runs DIR]

Each row is a file in `results/papers/`, to which every fold is added as it is done; folds that are
there are not trained again, so the same command goes on where it was stopped, on another machine
too. `results/papers.md` holds the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any

import joblib
from rich.console import Console

from benchmarks import CORPORA, RESULTS
from benchmarks.papers_tables import tables
from train import config, svm
from train.augment import CLEAN
from train.cache import Cache
from train.checkout import commit
from train.config import NORMALISATIONS, Config
from train.corpora import Row
from train.corpora.readable import read_all
from train.data import Table
from train.extraction import functionals
from train.fit import choose_device
from train.machine import Machine
from train.metrics import score_corpora
from train.pipeline import load_data, train_folds
from train.protocol import splits
from train.runs import Run, describe_rows

FOLDER = RESULTS / "papers"


@dataclass(frozen=True)
class Entry:
    """A system, trained in both normalisations.

    Args:
        name: of the files, before the normalisation.
        model: a network of :mod:`train.models`, or a support vector machine.
        changes: to its paper's configuration, as ``--set`` takes them.
        seeds: of everything random.
        folds: to be trained on a CPU; all five where there is a GPU.
    """

    name: str
    model: str
    changes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    folds: tuple[int, ...] = (0, 1, 2, 3, 4)


# The CoGCN paper's frames, 25 ms every 10 ms, are hundreds of nodes a clip: hours a fold on a CPU.
NODES = ("features=egemaps-88@500/100", "patience=10")
THREE = (0, 1, 2)
TABLE = (
    Entry("svm", "svm"),
    Entry("svm-rbf", "svm-rbf"),
    Entry("dnn", "dnn", seeds=THREE),
    Entry("cogcn", "cogcn", NODES, THREE),
    Entry("tgcn", "tgcn", NODES, THREE),
    Entry("bigru", "bigru", NODES, THREE),
    Entry("ga-gru", "ga-gru", ("patience=6",)),
    Entry("wma-gin", "wma-gin", ("patience=6",)),
    Entry("rlc", "rlc", ("patience=6",), folds=(0,)),
    Entry("glam", "glam", folds=(0,)),
)
PARTS = {"table": TABLE}


class Rows:
    """The files of an entry's rows, one a normalisation, fold by fold."""

    def __init__(self, entry: Entry, normalisation: str, described: dict[str, Any]) -> None:
        self.path = FOLDER / f"{entry.name}-{normalisation}.json"
        self._described = {"name": entry.name, "normalisation": normalisation, **described}
        self._fits: list[dict[str, Any]] = []
        if self.path.is_file():
            before = json.loads(self.path.read_text())
            self._fits = before.pop("fits")
            if before != json.loads(json.dumps(self._described)):
                sys.exit(f"error: {self.path} was made with other settings or clips; remove it")

    def missing(self, seed: int, folds: Iterable[int]) -> list[int]:
        """Those of ``folds`` that are not in the file yet."""
        there = {fit["fold"] for fit in self._fits if fit["seed"] == seed}
        return [fold for fold in folds if fold not in there]

    def add(self, fit: dict[str, Any]) -> None:
        """Writes one more fold, with the code and the machine it was made by."""
        self._fits.append({**fit, "commit": commit(), "machine": platform.machine()})
        self._fits.sort(key=lambda fit: (fit["seed"], fit["fold"]))
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps({**self._described, "fits": self._fits}, indent=1) + "\n")
        partial.replace(self.path)


def measure_networks(
    entries: Sequence[Entry],
    paths: dict[str, Path],
    runs: Path,
    cache: Cache,
    machine: Machine,
) -> None:
    """Trains what is missing of entries that read the same segments of the same features."""
    wanted = []
    rows: dict[Path, Rows] = {}
    data = None
    for entry in entries:
        for normalisation in NORMALISATIONS:
            settings = _settings(entry, normalisation)
            for seed in entry.seeds:
                folder = runs / f"{entry.name}-{normalisation}" / f"seed-{seed}"
                origin = {"command": shlex.join(sys.argv[1:]), "commit": commit()}
                run = Run.start(folder, settings, seed, "folds", paths, origin, cache)
                described = {
                    "model": entry.model,
                    "config": settings.to_dict(),
                    "parameters": run.parameters(),
                    "corpora": describe_rows(run.rows),
                }
                rows[folder] = row = Rows(entry, normalisation, described)
                if missing := row.missing(seed, _folds(entry, machine)):
                    data = data or load_data(settings, run.rows, [CLEAN], cache)
                    wanted.append((run, data, missing))

    def saved(run: Run, fold: int) -> None:
        rows[run.path].add(_fit(run, fold, machine))

    train_folds(wanted, machine, cache.console, saved)


def _fit(run: Run, fold: int, machine: Machine) -> dict[str, Any]:
    """What is kept of a fold."""
    metrics = run.metrics(fold)
    return {
        "seed": run.seed,
        "fold": fold,
        "device": choose_device(machine.device).type,
        "seconds": round(metrics["seconds"], 1),
        "choice": metrics["candidate"],
        "parameters": metrics["parameters"],
        "epochs": metrics["epochs"],
        "validation": {corpus: round(s["ua"], 4) for corpus, s in metrics["validation"].items()},
        "test": {CLEAN: metrics["test"]},
        "history": [
            {key: None if value is None else round(value, 4) for key, value in epoch.items()}
            for epoch in metrics["history"]
        ],
    }


def measure_svm(entry: Entry, clips: Sequence[Row], cache: Cache, machine: Machine) -> None:
    """The folds of a support vector machine; nothing in it is random."""
    table, made = Table.of(clips), splits(clips)
    for normalisation in NORMALISATIONS:
        described = {"model": entry.model, "corpora": describe_rows(clips)}
        row = Rows(entry, normalisation, described)
        for fold in row.missing(0, entry.folds):
            values = {CLEAN: functionals(clips, CLEAN, cache)}
            began = perf_counter()
            ((choice, predictions),) = svm.fit_folds(
                entry.model,
                table,
                values,
                {fold: made[fold]},
                normalisation=normalisation,
                refit=False,
                jobs=machine.jobs,
            ).values()
            test = table.rows_of(made[fold].test)
            scores = score_corpora(table.corpora[test], table.labels[test], predictions[CLEAN])
            row.add(
                {
                    "seed": 0,
                    "fold": fold,
                    "device": "cpu",
                    "seconds": round(perf_counter() - began, 1),
                    "choice": choice,
                    "test": {CLEAN: scores},
                }
            )


def _settings(entry: Entry, normalisation: str) -> Config:
    settings = config.load(entry.model, changes=entry.changes)
    return replace(settings, normalisation=normalisation)


def _folds(entry: Entry, machine: Machine) -> Sequence[int]:
    return range(5) if choose_device(machine.device).type == "cuda" else entry.folds


def _reads(entry: Entry) -> tuple[str, float, float]:
    settings = _settings(entry, "cold")
    return settings.features, settings.segment, settings.segment_step


def main() -> None:
    """Measures what is missing of a part and writes the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description=__doc__)
    default = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--corpora", type=Path, default=default, required=default is None)
    parser.add_argument("--runs", type=Path, default=Path("runs/papers"))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    parser.add_argument("--cluster", metavar="ADDRESS")
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine = Machine(args.device, args.jobs, args.cluster)
    cache = Cache.open(None, args.jobs, Console(stderr=True))
    paths = {name: args.corpora / name for name in CORPORA}
    clips = read_all(paths, cache)
    entries = PARTS[args.part]
    for entry in entries:
        if entry.model in svm.MODELS:
            measure_svm(entry, clips, cache, machine)
    networks = [entry for entry in entries if entry.model not in svm.MODELS]
    for _, group in groupby(networks, key=_reads):
        measure_networks(list(group), paths, args.runs, cache, machine)
    (RESULTS / "papers.md").write_text(tables(FOLDER))


if __name__ == "__main__":
    main()
