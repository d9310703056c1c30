"""Evaluation on test speakers, over folds, seeds, corpora and conditions."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable

from train.metrics import FIGURES, aggregate, percent, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from train.learning.data import Data, Table
    from train.runs import Run


@dataclass(frozen=True)
class Result:
    """Predictions of one trained fold in one condition.

    Args:
        seed: seed of the training.
        fold: number of the fold.
        variant: the test condition, see :mod:`train.conditions.augment`.
        choice: settings that validation chose.
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
    """Predict the test speakers of finished folds of a run."""
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
    """Summarise the metrics by variant and corpus, and by fold.

    A corpus's ``wa``, ``ua``, ``f1`` and ``recall`` are means and standard deviations over folds
    and seeds; ``pooled`` has ``wa``, ``ua`` and ``f1`` over the clips of all folds together,
    averaged over the seeds; ``mean`` is the mean over the corpora.
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
                **aggregate([scores[corpus] for scores in scored if corpus in scores], table.names),
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
        by_seed.append(score(table.labels[rows[inside]], predictions[inside], table.names))
    return {figure: float(np.mean([s[figure] for s in by_seed])) for figure in FIGURES}


def show(summary: dict[str, Any], title: str, console: Console, labels: Sequence[str]) -> None:
    """Print the metrics as a table in percent: mean ± standard deviation; recalls: mean only."""
    # as narrow as possible: on 80 columns rich would truncate cells
    table = RichTable(title=title, box=SIMPLE_HEAD, padding=0)
    for heading in ("condition", "corpus"):
        table.add_column(heading, no_wrap=True)
    for heading in ("WA", "UA", "macro F1", *labels):
        table.add_column(heading, justify="right", no_wrap=True)
    for variant, corpora in summary["results"].items():
        for corpus, figures in corpora.items():
            if corpus == "mean":
                cells = [f"{100 * figures[figure]:.1f}" for figure in FIGURES]
            else:
                scores = {"scores": figures["scores"]}
                cells = [percent(figures[figure] | scores) for figure in FIGURES]
                recalls = [figures["recall"].get(label) for label in labels]
                cells += ["" if r is None else f"{100 * r['mean']:.0f}" for r in recalls]
            table.add_row(variant, corpus, *cells, end_section=corpus == "mean")
    console.print(table)
