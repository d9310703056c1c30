"""Exports of every system: size, UA before and after, time and memory, by precision and format.

    python -m benchmarks.exports [--systems SYSTEM …] [--runs DIR] [--bundles DIR]

Reads the cold runs with seed 0 of `python -m benchmarks.papers table`. The networks of all their
folds are exported and tested on the test speakers in every runtime. Results are kept in
`results/exports/`, so the same command resumes an interrupted run. At the end, the last fold's
bundle of each system and precision, kept in the folder of --bundles, is measured by
`edge-ser bench`, in one process per format.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.speed import bench, machine
from export.card import Recipe, model_card
from export.formats import available, by_name, convert
from export.int8 import on_grid
from export.options import BACKENDS
from export.report import make_report
from export.signature import Signature
from export.verify import TRAINED, pool, usable, verify_fold
from export.write import write_bundle
from train import models
from train.conditions.augment import CLEAN
from train.features.cache import Cache
from train.pipeline import load_data
from train.progress import progress
from train.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from train.learning.data import Data

SYSTEMS = tuple(name for name, network in models.MODELS.items() if network.streamed)
PRECISIONS = ("fp32", "int8")


def export(run: Run, data: Data, precision: str, bundle: Path, console: Console) -> dict[str, Any]:
    """Report on all trained folds as `export/quantize.py` does, and write the last one's bundle.

    Args:
        run: a run with at least one trained fold.
        data: its clips.
        precision: ``fp32`` or ``int8``.
        bundle: folder to write.
        console: shows a progress bar.
    """
    signature = Signature.of(run.config)
    numbers = [fold for fold in range(len(run.splits)) if fold not in run.unfinished]
    results = []
    with progress(console, f"{run.config.model}, {precision}: folds", len(numbers)) as advance:
        for fold in numbers:
            trained = run.load(fold)
            model = on_grid(trained.model) if precision == "int8" else trained.model
            files = convert(model, signature, precision, available(run.config.model))
            results.append(verify_fold(run, data, fold, trained, model, files))
            advance()
    weights, failures = usable(files, results)
    recipe = Recipe(precision)
    outcomes = pool(results, data.table)
    report = make_report(trained.model, signature, recipe, outcomes, weights, failures)
    write_bundle(bundle, model_card(run, trained, bundle.name, recipe, {}), by_name(weights))
    return {
        "command": "python -m benchmarks.exports",
        "commit": run.commit,
        "folds": numbers,
        **report,
    }


def cost(bundle: Path, report: dict[str, Any]) -> None:
    """Add to a report the cost of each format, as measured by `edge-ser bench`."""
    report |= machine("numpy", "onnxruntime", "ai-edge-litert")
    for name, backend in BACKENDS.items():
        if name in report["runtimes"]:
            report["runtimes"][name]["bench"] = bench(str(bundle), backend)


def table(reports: Mapping[str, Mapping[str, Any]]) -> str:
    """Format the reports as Markdown.

    Args:
        reports: name of a bundle to its report from :func:`export` and :func:`cost`.
    """
    lines = [
        "# Exports",
        "",
        "Every system in every format, unpruned. UA: mean over the corpora on the test speakers of",
        "the folds named, pooled, %: as trained, and through the runtime. Logit change: the",
        "largest against the network as trained. A decision: an utterance of the demo clip, graph",
        "and model; memory: peak RSS of listening to it. Measured on",
        f"{'; '.join(dict.fromkeys(report['machine'] for report in reports.values()))}.",
        "",
        f"| | precision | UA trained → exported | {' | '.join(BACKENDS)} |",
        "|---|---|---|---|---|---|",
        *(_line(name, report) for name, report in reports.items()),
        "",
        "Each format: size, p50 of a decision, peak memory; of their UA the lowest. In full:",
        "",
        "| system | precision | parameters | format | bytes | folds | UA trained | UA exported "
        "| logit change | decision p50, ms | p95 | memory, MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(line for name, report in reports.items() for line in _lines(name, report)),
        "",
        "Made by `python -m benchmarks.exports`.",
        "",
    ]
    return "\n".join(lines)


def _line(name: str, report: Mapping[str, Any]) -> str:
    """Format a system in one precision, with one cell per format."""
    system, _, precision = name.rpartition("-")
    runtimes = report["runtimes"]
    there = [key for key in BACKENDS if key in runtimes]
    lowest = min((runtimes[key]["ua"] for key in there), default=float("nan"))
    cells = [models.find(system).title, precision, f"{runtimes[TRAINED]['ua']:.1f} → {lowest:.1f}"]
    for key in BACKENDS:
        if key in there:
            size, cost = runtimes[key]["bytes"] / 1000, runtimes[key]["bench"]
            time, memory = cost["decision_p50"], cost["peak_memory"]
            cells.append(f"{size:,.0f} KB, {time:.1f} ms, {memory:.0f} MB")
        else:
            cells.append("–")
    return f"| {' | '.join(cells)} |"


def _lines(name: str, report: Mapping[str, Any]) -> Iterator[str]:
    system, _, precision = name.rpartition("-")
    runtimes = report["runtimes"]
    folds = "all" if len(report["folds"]) > 1 else str(report["folds"][0])
    for key in available(system):
        cells = [system, precision, f"{report['parameters']:,}", key]
        if key in report["failures"]:
            cells += [report["failures"][key]["reason"], *[""] * 7]
        else:
            own, cost = runtimes[key], runtimes[key]["bench"]
            cells += [f"{own['bytes']:,}", folds]
            cells += [f"{runtimes[TRAINED]['ua']:.2f}", f"{own['ua']:.2f}"]
            cells += [f"{own['largest_logit_change']:.4f}"]
            cells += [f"{cost['decision_p50']:.2f}", f"{cost['decision_p95']:.2f}"]
            cells += [f"{cost['peak_memory']:.1f}"]
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure what is missing, and write ``results/exports/`` and ``results/exports.md``."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.exports",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    parser.add_argument("--runs", type=Path, default=Path("runs/papers"))
    parser.add_argument("--bundles", type=Path, default=Path("runs/exports"))
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    args = parser.parse_args()
    console = Console(stderr=True)
    cache = Cache.open(None, args.jobs, console)
    (RESULTS / "exports").mkdir(exist_ok=True)
    reports: dict[str, dict[str, Any]] = {}
    for system in args.systems:
        names = [f"{system}-{precision}" for precision in PRECISIONS]
        missing = [n for n in names if not _file(n).is_file() or not (args.bundles / n).is_dir()]
        if missing:
            run = Run.open(args.runs / f"{system}-cold" / "seed-0", cache)
            data = load_data(run.config, run.rows, [CLEAN], cache)
        for name in missing:
            precision = name.rpartition("-")[2]
            _write(name, export(run, data, precision, args.bundles / name, console))
        reports |= {name: json.loads(_file(name).read_text()) for name in names}
    with progress(console, "edge-ser bench", len(reports)) as advance:
        for name, report in reports.items():
            cost(args.bundles / name, report)
            _write(name, report)
            advance()
    (RESULTS / "exports.md").write_text(table(reports))


def _file(name: str) -> Path:
    return RESULTS / "exports" / f"{name}.json"


def _write(name: str, report: Mapping[str, Any]) -> None:
    _file(name).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
