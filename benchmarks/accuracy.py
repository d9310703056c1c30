"""Accuracy of the bundled model's recipe, with and without augmentation, beside an SVM.

    python -m benchmarks.accuracy --corpora DIR [--runs DIR]

Each row is one `python -m train evaluate` and one JSON file in `results/accuracy/`. Existing rows
are kept, so an interrupted run can be resumed. `results/accuracy.md` is the table.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks import CORPORA, RESULTS
from train.__main__ import main as train

COGCN = ["--model", "cogcn", "--config", "cogcn-edge", "--seeds", "0,1,2"]
COGCN += ["--noise", "clean,20,10"]
PLAIN = ["--set", "augment=0"]
NAMES = {"cold": "nothing known", "speaker": "per-speaker normalisation"}
ROWS: dict[str, list[str]] = {
    f"{system}-{normalisation}": [*arguments, "--normalisation", normalisation]
    for system, arguments in {
        "cogcn": COGCN,
        "svm-rbf": ["--model", "svm-rbf"],
        "svm-linear": ["--model", "svm-linear"],
        "cogcn-plain": [*COGCN, *PLAIN],
    }.items()
    for normalisation in NAMES
}
CONDITIONS = {"clean": "clean", "noise:20": "20 dB", "noise:10": "10 dB"}
TITLES = {
    "cogcn": "CoGCN",
    "cogcn-plain": "CoGCN, not augmented",
    "svm-rbf": "SVM (RBF), 88 functionals",
    "svm-linear": "SVM (linear), 88 functionals",
}


def measure(corpora: Path, runs: Path) -> None:
    """Measure the missing rows."""
    for name, arguments in ROWS.items():
        output = RESULTS / "accuracy" / f"{name}.json"
        if output.is_file():
            continue
        command = ["evaluate", *arguments]
        for corpus in CORPORA:
            command += ["--corpus", f"{corpus}={corpora / corpus}"]
        if "cogcn" in name:
            command += ["--runs", str(runs / name)]
        partial = output.with_suffix(".partial")
        if train([*command, "--output", str(partial)]) != 0:
            sys.exit(1)
        report = json.loads(partial.read_text())
        # replace paths of this machine
        for path, word in ((corpora, "DIR"), (runs, "RUNS"), (partial, f"{name}.json")):
            report["command"] = report["command"].replace(str(path), word)
        output.write_text(json.dumps(report, indent=1) + "\n")
        partial.unlink()


def table() -> str:
    """Format the available rows as Markdown."""
    lines = [
        "# Accuracy",
        "",
        "UA (mean recall) in percent on speakers that were not in training: five speaker-disjoint",
        "folds, mean over folds and seeds; noise is white, over the whole clip, below the speech.",
        "",
        f"| system | {' | '.join(f'{c}, {CONDITIONS[v]}' for v in CONDITIONS for c in CORPORA)} |",
        f"|---|{'---|' * len(CONDITIONS) * len(CORPORA)}",
    ]
    for normalisation, known in NAMES.items():
        for system, title in TITLES.items():
            file = RESULTS / "accuracy" / f"{system}-{normalisation}.json"
            if file.is_file():
                results = json.loads(file.read_text())["results"]
                cells = [
                    _cell(results[v][c]) if v in results else ""
                    for v in CONDITIONS
                    for c in CORPORA
                ]
                lines.append(f"| {title}, {known} | {' | '.join(cells)} |")
    lines += ["", *_unheard(), "", "Made by `python -m benchmarks.accuracy --corpora DIR`.", ""]
    return "\n".join(lines)


def _unheard() -> list[str]:
    """Report the share of clips in which speech was detected; the others count as wrong above."""
    file = RESULTS / "accuracy" / "cogcn-cold.json"
    if not file.is_file():
        return []
    results = json.loads(file.read_text())["results"]
    shares = []
    for variant, title in CONDITIONS.items():
        # rows are true labels; the last column is "no speech"
        confusions = [row for corpus in CORPORA for row in results[variant][corpus]["confusion"]]
        missed, clips = sum(row[-1] for row in confusions), sum(map(sum, confusions))
        shares.append(f"{100 * (1 - missed / clips):.2f} % {title}")
    return [f"Clips in which at least one utterance is found: {', '.join(shares)}."]


def _cell(figures: dict[str, Any]) -> str:
    return f"{100 * figures['ua']['mean']:.1f} ± {100 * figures['ua']['sd']:.1f}"


def main() -> None:
    """Measure what is missing and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    default = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=default, required=default is None)
    parser.add_argument("--runs", type=Path, default=Path("runs/accuracy"))
    args = parser.parse_args()
    (RESULTS / "accuracy").mkdir(parents=True, exist_ok=True)
    measure(args.corpora, args.runs)
    (RESULTS / "accuracy.md").write_text(table())


if __name__ == "__main__":
    main()
