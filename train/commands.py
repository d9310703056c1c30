"""What the commands ``fit``, ``evaluate`` and ``corpora`` do."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
from rich.console import Console

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train import config
from train.check import check
from train.conditions import augment
from train.dispatch import next_step
from train.evaluate import Result, predict_run, show, summarise
from train.features.cache import Cache
from train.features.extraction import functionals
from train.features.readable import read_all
from train.git import commit
from train.labels import check_labels
from train.learning import svm
from train.learning.data import Table
from train.learning.executor import Executor
from train.learning.folds import training_variants
from train.pipeline import load_data, train_final, train_folds
from train.protocol import splits
from train.runs import Run, describe_rows

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace, command_line: str) -> bool:
    """Run the command given by the parsed ``options``.

    Args:
        options: of :mod:`train.options`.
        command_line: what they were parsed from, for the record.

    Returns:
        Whether the command succeeded; problems have been printed.

    Raises:
        EdgeSerError: the request cannot be carried out.
    """
    options.jobs = options.jobs or joblib.cpu_count()
    console = Console(stderr=True)
    cache = Cache.open(options.cache, options.jobs, console)
    origin = {"command": command_line, "commit": commit()}
    if options.command == "corpora":
        paths = corpora(options.corpus)
        page = Console()
        labels = _labels(options)
        fine = [check(name, path, cache, page, labels) for name, path in paths.items()]
        return all(fine)
    (_fit if options.command == "fit" else _evaluate)(options, origin, cache, console)
    return True


def _fit(
    options: argparse.Namespace, origin: dict[str, Any], cache: Cache, console: Console
) -> None:
    if options.model in svm.MODELS:
        raise EdgeSerError(f"{options.model} is a baseline: evaluate it instead of fitting it")
    settings = configured(options)
    paths = corpora(options.corpus)
    made = Run.start(options.output, settings, options.seed, options.protocol, paths, origin, cache)
    data = load_data(settings, made.rows, training_variants(settings), cache)
    folds = range(len(made.splits))
    train_folds([(made, data, folds)], _executor(options), console)
    if options.protocol == "folds":
        train_final(made, data, device=options.device, console=console)
    results = predict_run(made, data, [augment.CLEAN], folds)
    title = "test speakers, %, mean ± sd over folds"
    show(summarise(data.table, results), title, Console(), settings.labels)
    next_step("edge-ser-train", "report", options.output)


def _evaluate(
    options: argparse.Namespace, origin: dict[str, Any], cache: Cache, console: Console
) -> None:
    began = time.perf_counter()
    variants = _variants(options.noise)
    if options.run is not None:
        report, summary, labels = _evaluate_run(options, variants, cache)
    elif options.model in svm.MODELS:
        report, summary, labels = _evaluate_svm(options, variants, cache)
    else:
        report, summary, labels = _cross_validate(options, origin, variants, cache, console)
    report = {**origin, **report, "seconds": round(time.perf_counter() - began, 1), **summary}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    title = f"{report['model']}, {report['normalisation']}, test speakers, %"
    show(summary, title, Console(), labels)


Report = tuple[dict[str, Any], dict[str, Any], Sequence[str]]
"""How the system was evaluated, its metrics, and its labels."""


def _evaluate_run(options: argparse.Namespace, variants: Sequence[str], cache: Cache) -> Report:
    made = Run.open(options.run, cache)
    folds = _folds(options.folds, len(made.splits))
    data = load_data(made.config, made.rows, variants, cache)
    summary = summarise(data.table, predict_run(made, data, variants, folds))
    return _describe([made]), summary, made.config.labels


def _cross_validate(
    options: argparse.Namespace,
    origin: dict[str, Any],
    variants: Sequence[str],
    cache: Cache,
    console: Console,
) -> Report:
    settings = configured(options)
    paths = corpora(options.corpus)
    seeds = _numbers("--seeds", options.seeds)
    made = []
    with tempfile.TemporaryDirectory() as temporary:
        root = options.runs or Path(temporary)
        for seed in seeds:
            folder = root / f"seed-{seed}"
            made.append(Run.start(folder, settings, seed, options.protocol, paths, origin, cache))
        folds = _folds(options.folds, len(made[0].splits))
        needed = [*training_variants(settings), *variants]
        data = load_data(settings, made[0].rows, needed, cache)
        train_folds([(one, data, folds) for one in made], _executor(options), console)
        results = [result for one in made for result in predict_run(one, data, variants, folds)]
    return _describe(made), summarise(data.table, results), settings.labels


def _evaluate_svm(options: argparse.Namespace, variants: Sequence[str], cache: Cache) -> Report:
    if options.config or options.set or options.features or options.seeds != "0":
        raise EdgeSerError(f"{options.model} has no configuration and nothing random")
    labels = _labels(options)
    rows = read_all(corpora(options.corpus), cache, labels)
    made = splits(rows, options.protocol)
    chosen = {fold: made[fold] for fold in _folds(options.folds, len(made))}
    table, normalisation = Table.of(rows, labels), options.normalisation or "cold"
    needed = dict.fromkeys([augment.CLEAN, *variants])
    values = {variant: functionals(rows, variant, cache) for variant in needed}
    fitted = svm.fit_folds(
        options.model,
        table,
        values,
        chosen,
        normalisation=normalisation,
        refit=True,
        jobs=options.jobs,
    )
    results = [
        Result(
            seed=0,
            fold=fold,
            variant=variant,
            choice=choice,
            rows=table.rows_of(chosen[fold].test),
            predictions=predictions[variant],
        )
        for fold, (choice, predictions) in fitted.items()
        for variant in variants
    ]
    report = {
        "model": options.model,
        "normalisation": normalisation,
        "protocol": options.protocol,
        "corpora": describe_rows(rows),
    }
    return report, summarise(table, results), labels


def _describe(made: Sequence[Run]) -> dict[str, Any]:
    first = made[0]
    return {
        "model": first.config.model,
        "normalisation": first.config.normalisation,
        "protocol": first.protocol,
        "config": first.config.to_dict(),
        "seeds": [one.seed for one in made],
        "parameters": first.parameters(),
        "corpora": describe_rows(first.rows),
    }


def _executor(options: argparse.Namespace) -> Executor:
    return Executor(options.device, options.jobs, options.cluster)


def configured(options: argparse.Namespace) -> config.Config:
    """Load the configuration that the options name."""
    changes = list(options.set)
    for key in ("normalisation", "features", "labels"):
        if value := getattr(options, key):
            changes.append(f"{key}={value}")
    return config.load(options.model, options.config, changes)


def _labels(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the labels for what has no configuration."""
    if options.labels is None:
        return LABELS
    labels = tuple(word.strip() for word in options.labels.split(","))
    check_labels(labels)
    return labels


def corpora(given: Sequence[str]) -> dict[str, Path]:
    """Return the folders of the corpora given as NAME=PATH.

    Raises:
        EdgeSerError: one is written otherwise or given twice, or there is none.
    """
    paths = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise EdgeSerError(f"corpus {text}: write NAME=PATH, as in ravdess=DIR")
        if name in paths:
            raise EdgeSerError(f"corpus {name} is given twice")
        paths[name] = Path(path)
    if not paths:
        raise EdgeSerError("no corpus: add --corpus NAME=PATH, or --run RUN")
    return paths


def _folds(text: str, count: int) -> list[int]:
    folds = list(range(count)) if text == "all" else _numbers("--folds", text)
    if not all(0 <= fold < count for fold in folds):
        raise EdgeSerError(f"--folds {text}: there are folds 0 to {count - 1}")
    return folds


def _variants(text: str) -> list[str]:
    return [augment.condition(word) for word in text.split(",")]


def _numbers(option: str, text: str) -> list[int]:
    try:
        return [int(word) for word in text.split(",")]
    except ValueError as error:
        raise EdgeSerError(f"{option} {text}: write whole numbers, as in 0,1,2") from error
