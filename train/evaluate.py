"""The figures of a system on test speakers: folds, seeds, corpora, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable

from edge_ser.events import LABELS
from train.learning.data import Data, Table
from train.metrics import FIGURES, aggregate, percent, score
from train.runs import Run


@dataclass(frozen=True)
class Result:
    """What one trained fold predicted in one condition.

    Args:
        seed: of the training.
        fold: its number.
        variant: the test condition, see :mod:`train.conditions.augment`.
        choice: what validation chose.
        rows: (n,) indices of the test clips.
        predictions: (n,) labels.
    """

    seed: int
    fold: int
    variant: str
    choice: dict[str, Any]
    rows: NDArray[np.int64]
    predictions: NDArray[np.int64]


def predict_run(
    run: Run, data: Data, variants: Sequence[str], folds: Sequence[int]
) -> list[Result]:
    """The finished folds of a run on their test speakers."""
    results = []
    for fold in folds:
        trained, metrics = run.load(fold), run.metrics(fold)
        rows = data.table.rows_of(run.splits[fold].test)
        choice = {"epochs": metrics["epochs"], **asdict(trained.candidate)}
        for variant in variants:
            results.append(
                Result(
                    seed=run.seed,
                    fold=fold,
                    variant=variant,
                    choice=choice,
                    rows=rows,
                    predictions=trained.predict(data, rows, variant),
                )
            )
    return results


def summarise(table: Table, results: Sequence[Result]) -> dict[str, Any]:
    """Variant to corpus to figures, and each fold's own.

    A corpus's ``wa``, ``ua``, ``f1`` and ``recall`` are means and deviations over folds and
    seeds; ``pooled`` has them over the clips of all folds together, a mean over the seeds;
    ``mean`` is the mean over the corpora.
    """
    summary: dict[str, Any] = {"results": {}, "folds": []}
    for result in results:
        scores = table.score(result.rows, result.predictions)
        summary["folds"].append(
            {
                "seed": result.seed,
                "fold": result.fold,
                "variant": result.variant,
                "choice": result.choice,
                "ua": {corpus: figures["ua"] for corpus, figures in scores.items()},
            }
        )
    for variant in dict.fromkeys(result.variant for result in results):
        chosen = [result for result in results if result.variant == variant]
        scored = [table.score(result.rows, result.predictions) for result in chosen]
        figures = {
            str(corpus): {
                **aggregate([scores[corpus] for scores in scored if corpus in scores]),
                "pooled": _pooled(table, chosen, corpus),
            }
            for corpus in dict.fromkeys(corpus for scores in scored for corpus in scores)
        }
        summary["results"][variant] = {
            **figures,
            "mean": {
                figure: float(np.mean([corpus[figure]["mean"] for corpus in figures.values()]))
                for figure in FIGURES
            },
        }
    return summary


def _pooled(table: Table, results: Sequence[Result], corpus: str) -> dict[str, float]:
    by_seed = []
    for seed in dict.fromkeys(result.seed for result in results):
        own = [result for result in results if result.seed == seed]
        rows = np.concatenate([result.rows for result in own])
        predictions = np.concatenate([result.predictions for result in own])
        inside = table.corpora[rows] == corpus
        by_seed.append(score(table.labels[rows[inside]], predictions[inside]))
    return {figure: float(np.mean([s[figure] for s in by_seed])) for figure in FIGURES}


def show(summary: dict[str, Any], title: str, console: Console) -> None:
    """Prints the figures as a table, in percent: mean ± deviation, recalls as means."""
    # as narrow as it goes: a terminal of 80 columns would cut figures off
    table = RichTable(title=title, box=SIMPLE_HEAD, padding=0)
    for heading in ("condition", "corpus"):
        table.add_column(heading, no_wrap=True)
    for heading in ("WA", "UA", "macro F1", *LABELS):
        table.add_column(heading, justify="right", no_wrap=True)
    for variant, corpora in summary["results"].items():
        for corpus, figures in corpora.items():
            if corpus == "mean":
                cells = [f"{100 * figures[figure]:.1f}" for figure in FIGURES]
            else:
                scores = {"scores": figures["scores"]}
                cells = [percent(figures[figure] | scores) for figure in FIGURES]
                cells += [f"{100 * recall['mean']:.0f}" for recall in figures["recall"].values()]
            table.add_row(variant, corpus, *cells, end_section=corpus == "mean")
    console.print(table)
