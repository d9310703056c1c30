"""Training and test of the folds that are missing from the rows of an entry."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from itertools import groupby
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.rows import Fit, RowFile, System
from train import config
from train.evaluate import predict_run
from train.features.extraction import functionals
from train.features.readable import read_all
from train.git import commit
from train.learning import svm
from train.learning.data import Data, Table
from train.learning.fit import choose_device
from train.pipeline import load_data, train_folds
from train.protocol import splits
from train.runs import Run, describe_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.papers.entries import Entry
    from train.config import Config
    from train.corpora import Row
    from train.features.cache import Cache
    from train.learning.executor import Executor


def measure(
    entries: Sequence[Entry],
    paths: dict[str, Path],
    folder: Path,
    runs: Path,
    cache: Cache,
    executor: Executor,
) -> None:
    """Train, test and add every fold that is missing from the rows of ``entries``.

    Args:
        entries: systems to train and test.
        paths: corpus to folder.
        folder: folder of the rows.
        runs: folder of the trained networks.
        cache: cache of features.
        executor: runs the fits.
    """
    clips = read_all(paths, cache)
    for entry in entries:
        if entry.model in svm.MODELS:
            _measure_svm(entry, clips, folder, cache, executor)
    networks = [entry for entry in entries if entry.model not in svm.MODELS]
    for _, group in groupby(networks, key=_reads):
        _measure_networks(list(group), paths, folder, runs, cache, executor)


def _measure_networks(
    entries: Sequence[Entry],
    paths: dict[str, Path],
    folder: Path,
    runs: Path,
    cache: Cache,
    executor: Executor,
) -> None:
    """Train what is missing of entries that share features, windows and conditions."""
    wanted: list[tuple[Run, Data, list[int]]] = []
    rows: dict[Path, RowFile] = {}
    data: Data | None = None
    for entry in entries:
        for normalisation in entry.normalisations:
            settings = _settings(entry, normalisation)
            made = [
                Run.start(
                    runs / f"{entry.name}-{normalisation}" / f"seed-{seed}",
                    settings,
                    seed,
                    "folds",
                    paths,
                    {"command": shlex.join(sys.argv[1:]), "commit": commit()},
                    cache,
                )
                for seed in entry.seeds
            ]
            row = RowFile(
                folder,
                System(
                    name=entry.name,
                    model=entry.model,
                    normalisation=normalisation,
                    corpora=describe_rows(made[0].rows),
                    settings={"config": settings.to_dict(), "parameters": made[0].parameters()},
                ),
            )
            for run in made:
                rows[run.path] = row
                if missing := row.missing(run.seed, _folds(entry, executor)):
                    data = data or load_data(settings, run.rows, entry.conditions, cache)
                    wanted.append((run, data, missing))

    def saved(run: Run, fold: int) -> None:
        assert data is not None
        predicted = {
            result.variant: (result.rows, result.predictions)
            for result in predict_run(run, data, entries[0].conditions, [fold])
        }
        rows[run.path].add(_fit(run, fold, executor, **_tested(data.table, predicted)))

    train_folds(wanted, executor, cache.console, saved)


def _fit(run: Run, fold: int, executor: Executor, **tested: Any) -> Fit:
    """Collect the results of a fold's training and test."""
    metrics = run.metrics(fold)
    return Fit(
        seed=run.seed,
        fold=fold,
        commit=run.commit,
        device=choose_device(executor.device).type,
        seconds=round(metrics["seconds"], 3),
        choice=metrics["candidate"],
        parameters=metrics["parameters"],
        epochs=metrics["epochs"],
        validation={corpus: round(s["ua"], 4) for corpus, s in metrics["validation"].items()},
        history=[
            {key: None if value is None else round(value, 4) for key, value in epoch.items()}
            for epoch in metrics["history"]
        ],
        **tested,
    )


def _measure_svm(
    entry: Entry, clips: Sequence[Row], folder: Path, cache: Cache, executor: Executor
) -> None:
    """Train the missing folds of a support vector machine, in which nothing is random."""
    table, made = Table.of(clips), splits(clips)
    for normalisation in entry.normalisations:
        row = RowFile(
            folder,
            System(
                name=entry.name,
                model=entry.model,
                normalisation=normalisation,
                corpora=describe_rows(clips),
            ),
        )
        for fold in row.missing(0, entry.folds):
            values = {c: functionals(clips, c, cache) for c in entry.conditions}
            began = perf_counter()
            ((choice, predictions),) = svm.fit_folds(
                entry.model,
                table,
                values,
                {fold: made[fold]},
                normalisation=normalisation,
                refit=False,
                jobs=executor.jobs,
            ).values()
            test = table.rows_of(made[fold].test)
            predicted = {condition: (test, labels) for condition, labels in predictions.items()}
            row.add(
                Fit(
                    seed=0,
                    fold=fold,
                    commit=commit(),
                    device="cpu",
                    seconds=round(perf_counter() - began, 3),
                    choice=choice,
                    **_tested(table, predicted),
                )
            )


def _tested(
    table: Table, predicted: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> dict[str, Any]:
    """Score the test clips, and keep the predictions; ``predicted``: condition to rows, labels."""
    return {
        "test": {condition: table.score(*given) for condition, given in predicted.items()},
        "predictions": {
            condition: table.predictions(*given) for condition, given in predicted.items()
        },
    }


def _settings(entry: Entry, normalisation: str) -> Config:
    settings = config.load(entry.model, changes=entry.changes)
    return replace(settings, normalisation=normalisation)


def _folds(entry: Entry, executor: Executor) -> Sequence[int]:
    return range(5) if choose_device(executor.device).type == "cuda" else entry.folds


def _reads(entry: Entry) -> tuple[object, ...]:
    """Return the key of entries that are trained and tested on the same data."""
    settings = _settings(entry, "cold")
    return settings.features, settings.window, settings.window_step, entry.conditions
