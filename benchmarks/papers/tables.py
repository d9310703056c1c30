"""The rows of `results/papers/` as Markdown."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import CORPORA
from benchmarks.papers.claims import claims_tables
from edge_ser.events import LABELS
from train.augment import CLEAN
from train.metrics import aggregate

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
KNOWN = {"cold": "cold", "speaker": "per speaker"}


def read(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows that have a fold at least: name and normalisation to the content of their file."""
    rows = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    return {(row["name"], row["normalisation"]): row for row in rows if row["fits"]}


def figures(row: dict[str, Any], corpus: str, condition: str = CLEAN) -> dict[str, Any]:
    """What :func:`train.metrics.aggregate` makes of all fits of a row."""
    return aggregate([fit["test"][condition][corpus] for fit in row["fits"]])


def mean_ua(row: dict[str, Any], condition: str = CLEAN) -> float:
    """UA of a row, the mean over folds and seeds, then over the corpora."""
    return statistics.mean(figures(row, corpus, condition)["ua"]["mean"] for corpus in CORPORA)


def tables(folder: Path) -> str:
    """All tables."""
    rows = read(folder)
    lines = [
        "# The published systems under one protocol",
        "",
        "Trained on RAVDESS, EmoDB and nEMO together, tested on speakers that were in neither",
        "training nor validation: five folds, mean ± standard deviation over folds and seeds, in",
        "percent. *Cold*: nothing is known of a speaker; *per speaker*: features normalised over",
        "all of a speaker's clips, labels unused. Training: seconds a fold, with everything that",
        "validation chose from.",
        "",
        *_overview(rows),
        "",
        "## In full",
        "",
        *_details(rows),
    ]
    by_file = {f"{name}-{known}": row for (name, known), row in rows.items()}
    if claims := claims_tables(by_file):
        lines += [
            "",
            "## What the papers claim of their parts",
            "",
            "UA over the three corpora ± its standard error for the size of the test sets; the",
            "difference to the first row with the standard error of a difference. Normalised as",
            "the paper does: cold, GA-GRU per speaker.",
            *claims,
        ]
    lines += _noise(rows)
    lines += [
        "",
        "Made by `python -m benchmarks.papers PART --corpora DIR`; parts: table, claims, noise.",
        "",
    ]
    return "\n".join(lines)


def _noise(rows: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    """Noise and silence: a line a condition, a column a system."""
    there = {
        title: rows[f"noise-{name}", "cold"]
        for name, title in TITLES.items()
        if (f"noise-{name}", "cold") in rows
    }
    if not there:
        return []
    lines = [
        "",
        "## Noise and silence",
        "",
        "UA over the three corpora, all trained on clean clips, cold. Noise (white), pink noise",
        "and six other people (babble): dB below the active speech. Silence: share of the result.",
        "",
        f"| condition | {' | '.join(there)} |",
        f"|---|{'---|' * len(there)}",
    ]
    for condition in next(iter(there.values()))["fits"][0]["test"]:
        cells = [f"{100 * mean_ua(row, condition):.1f}" for row in there.values()]
        lines.append(f"| {condition} | {' | '.join(cells)} |")
    return lines


def _overview(rows: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    lines = [
        f"| UA | | {' | '.join(CORPORA)} | mean | parameters | training | fits |",
        f"|---|---|{'---|' * len(CORPORA)}---|---|---|---|",
    ]
    for known, word in KNOWN.items():
        for name, title in TITLES.items():
            if (name, known) in rows:
                row = rows[name, known]
                cells = [_percent(figures(row, corpus)["ua"]) for corpus in CORPORA]
                cells += [f"{100 * mean_ua(row):.1f}", _parameters(row), _training(row), _fits(row)]
                lines.append(f"| {title} | {word} | {' | '.join(cells)} |")
    return lines


def _details(rows: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    lines = [
        f"| | | corpus | WA | UA | macro F1 | {' | '.join(LABELS)} |",
        f"|---|---|---|---|---|---|{'---|' * len(LABELS)}",
    ]
    for known, word in KNOWN.items():
        for name, title in TITLES.items():
            for corpus in CORPORA if (name, known) in rows else ():
                found = figures(rows[name, known], corpus)
                cells = [_percent(found[figure]) for figure in ("wa", "ua", "f1")]
                cells += [f"{100 * found['recall'][label]['mean']:.0f}" for label in LABELS]
                lines.append(f"| {title} | {word} | {corpus} | {' | '.join(cells)} |")
    return lines


def _percent(spread: dict[str, float]) -> str:
    return f"{100 * spread['mean']:.1f} ± {100 * spread['sd']:.1f}"


def _parameters(row: dict[str, Any]) -> str:
    counts = sorted({fit["parameters"] for fit in row["fits"] if "parameters" in fit})
    if not counts:
        return "–"
    return " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))


def _training(row: dict[str, Any]) -> str:
    devices = "/".join(sorted({fit["device"].upper() for fit in row["fits"]}))
    return f"{statistics.mean(fit['seconds'] for fit in row['fits']):.0f} s, {devices}"


def _fits(row: dict[str, Any]) -> str:
    return f"{_count(row, 'fold')} × {_count(row, 'seed')}"


def _count(row: dict[str, Any], what: str) -> str:
    values: Sequence[int] = sorted({fit[what] for fit in row["fits"]})
    if what == "fold" and len(values) < 5:
        return f"fold {', '.join(map(str, values))}"
    return f"{len(values)} {what}{'s' * (len(values) > 1)}"
