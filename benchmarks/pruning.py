"""Pruning of CoGCN: UA, size and time per window for 0 to 80 % of its hidden units.

    python -m benchmarks.pruning --run RUN

RUN is the run that `make model` trains. Each fold is trained only on its training speakers, pruned
and fine-tuned on the same speakers, so that the fraction can be chosen on its validation speakers;
the test speakers then measure the result. Sizes are of int8 files, times of a window of the longest
length in the NumPy backend, measured in turn in one run.

The fraction to ship is the smallest that brings every file under 40 KB, provided that validation UA
allows it. The largest allowed fraction is not taken: with so few speakers, a difference of half a
point between two networks may well be chance.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.speed import machine
from edge_ser.backends import open_backend
from edge_ser.bundle import load_bundle
from export.card import Recipe, model_card
from export.formats import by_name, convert
from export.int8 import on_grid
from export.options import BACKENDS
from export.prune import prune, shrink
from export.signature import Signature
from export.verify import usable
from export.write import write_bundle
from train.features.cache import Cache
from train.learning.folds import fit_final, fold_seed, training_variants
from train.learning.trained import Trained
from train.metrics import mean_ua
from train.pipeline import load_data
from train.progress import progress
from train.runs import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.learning.data import Data

FRACTIONS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
LARGEST = 40_000
"""Largest size of a file to ship, in bytes."""
ALLOWED = 0.5
"""Largest drop of validation UA, in points."""
_ROUNDS, _WINDOWS = 9, 50


def sweep_fold(run: Run, data: Data, fold: int) -> list[dict[str, Any]]:
    """Measure the UA of int8 networks on validation and test speakers, for every fraction."""
    split, seed = run.splits[fold], fold_seed(run.seed, fold)
    candidate, epochs = run.agreed()
    fitted, normalisation = fit_final(
        run.config, data, split.train, candidate, epochs, seed=seed, device="cpu"
    )
    trained = Trained.of(run.config, fitted, normalisation)
    found = []
    for fraction in FRACTIONS:
        smaller = trained
        if fraction:
            smaller = shrink(run.config, data, split.train, trained, fraction, seed=seed)
        rounded = replace(smaller, model=on_grid(smaller.model))
        scores = {
            name: _ua(data, rounded, data.table.rows_of(speakers))
            for name, speakers in (("validation", split.validation), ("test", split.test))
        }
        found.append({"fold": fold, "fraction": fraction, **scores})
    return found


def _ua(data: Data, trained: Trained, rows: np.ndarray) -> float:
    return 100 * mean_ua(data.table.score(rows, trained.predict(data, rows)))


def sizes(run: Run, data: Data) -> list[dict[str, Any]]:
    """Measure parameters, bytes and milliseconds of the final network, for every fraction."""
    signature = Signature.of(run.config)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(signature.longest, signature.dimension)).astype(np.float32)
    a_hat = np.full((len(x), len(x)), 1 / len(x), np.float32)
    found, backends = [], []
    with tempfile.TemporaryDirectory() as folder:
        for fraction in FRACTIONS:
            smaller = prune(run, data, None, fraction)
            files = convert(on_grid(smaller.model), signature, "int8", list(BACKENDS))
            content = by_name(usable(files, [])[0])
            path = Path(folder) / str(fraction)
            recipe = Recipe("int8", fraction)
            write_bundle(path, model_card(run, smaller, path.name, recipe, {}), content)
            bundle = load_bundle(path)
            backends.append(open_backend(bundle, "numpy"))
            length = {name: len(file) for name, file in content.items()}
            found.append({"parameters": bundle.parameters, "bytes": length})
    times: list[list[float]] = [[] for _ in FRACTIONS]
    for _ in range(_ROUNDS):
        for taken, backend in zip(times, backends, strict=True):
            began = time.perf_counter()
            for _ in range(_WINDOWS):
                backend(x, a_hat)
            taken.append(1000 * (time.perf_counter() - began) / _WINDOWS)
    return [row | {"ms": statistics.median(taken)} for row, taken in zip(found, times, strict=True)]


def summarise(
    folds: Sequence[dict[str, Any]], measured: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Combine means over the folds with the sizes, in one row per fraction."""
    rows = []
    for fraction, size in zip(FRACTIONS, measured, strict=True):
        own = [fold for fold in folds if fold["fraction"] == fraction]
        means = {k: statistics.mean(fold[k] for fold in own) for k in ("validation", "test")}
        rows.append({"fraction": fraction, **size, **means})
    return rows


def chosen(rows: Sequence[dict[str, Any]]) -> float | None:
    """Choose the least fraction with small enough files; None if validation UA drops too far."""
    small = next(row for row in rows if max(row["bytes"].values()) <= LARGEST)
    allowed = small["validation"] >= rows[0]["validation"] - ALLOWED
    return float(small["fraction"]) if allowed else None


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Pruning",
        "",
        "CoGCN in int8, after whole hidden units were taken away and the rest was fine-tuned. UA:",
        "mean over the corpora and the five folds, %; each fold trained without its validation",
        f"speakers. {report['machine']}.",
        "",
        "| pruned | parameters | npz | onnx | tflite | ms a window | UA validation | UA test |",
        "|---|---|---|---|---|---|---|---|",
        *(_line(row) for row in report["rows"]),
        "",
        f"To ship: {_part(report['chosen'])}, the least that brings every file under",
        f"{LARGEST:,} bytes; it may cost the validation speakers {ALLOWED} points.",
        "",
        "![UA, size and time against the pruned part](pruning.svg)",
        "",
        f"Made by `{report['command']}`.",
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    sizes = [f"{row['bytes'][f'model.{name}']:,}" for name in BACKENDS]
    figures = [f"{row['ms']:.3f}", f"{row['validation']:.1f}", f"{row['test']:.1f}"]
    cells = [_part(row["fraction"]), f"{row['parameters']:,}", *sizes, *figures]
    return f"| {' | '.join(cells)} |"


def _part(fraction: float | None) -> str:
    return "none" if fraction is None else f"{100 * fraction:.0f} %"


def draw(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Draw UA (top) and size and time (bottom) against the pruned fraction."""
    part = [100 * row["fraction"] for row in rows]
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6, 5), sharex=True)
    for name, style in (("validation", "--"), ("test", "-")):
        upper.plot(part, [row[name] for row in rows], f"o{style}", label=f"{name} speakers")
    upper.set_ylabel("UA, %")
    upper.legend()
    for title, values in (
        ("size of model.npz", [row["bytes"]["model.npz"] for row in rows]),
        ("time of a window", [row["ms"] for row in rows]),
    ):
        lower.plot(part, [100 * value / values[0] for value in values], "o-", label=title)
    lower.set_ylabel("% of the whole")
    lower.set_xlabel("hidden units pruned, %")
    lower.set_ylim(bottom=0)
    lower.legend()
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    with plt.rc_context({"svg.hashsalt": "edge-ser"}):
        figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """Measure, and write ``results/pruning.json``, ``.md`` and ``.svg``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pruning",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--run", type=Path, default=Path("runs/cogcn"))
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    args = parser.parse_args()
    console = Console(stderr=True)
    cache = Cache.open(None, args.jobs, console)
    run = Run.open(args.run, cache)
    data = load_data(run.config, run.rows, training_variants(run.config), cache)
    folds: list[dict[str, Any]] = []
    with progress(console, "pruning: folds", len(run.splits)) as advance:
        calls = (delayed(sweep_fold)(run, data, fold) for fold in range(len(run.splits)))
        for found in Parallel(n_jobs=args.jobs, return_as="generator")(calls):
            folds += found
            advance()
    rows = summarise(folds, sizes(run, data))
    report = {
        "command": "python -m benchmarks.pruning --run RUN",
        **machine("numpy", "torch", "torch-pruning"),
        "commit": run.commit,
        "chosen": chosen(rows),
        "rows": rows,
        "folds": folds,
    }
    (RESULTS / "pruning.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "pruning.md").write_text(table(report))
    draw(rows, RESULTS / "pruning.svg")


if __name__ == "__main__":
    main()
