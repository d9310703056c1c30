"""Damaged bundles: every one must load and answer, or be refused in one line.

    python -m benchmarks.fuzz.bundles [--cases 20000]

Half of the bundles have their hashes recomputed, so that the loader and the runtimes see the
damage. The cases run in child processes with limits of memory and time; one that dies, takes too
long or raises anything but an EdgeSerError is a defect, and its number repeats it.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from joblib import Parallel, cpu_count, delayed
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.fuzz.damage import damage
from edge_ser import load
from edge_ser.bundle import SUMS, WEIGHTS, load_bundle, sums
from edge_ser.errors import EdgeSerError
from train.progress import progress

BACKENDS = {file: backend for backend, file in WEIGHTS.items()}
FILES = ("model.json", *BACKENDS)
_BATCH = 100
_SECONDS = 120
"""That one case may take."""
_MEMORY = 2 << 30
"""Bytes of address space of a child."""


def run_case(number: int, folder: Path) -> dict[str, Any]:
    """Damages a bundle in its own way, loads it and lets it answer.

    Returns:
        ``file``, ``sealed`` (hashes recomputed), ``outcome``: ``answers``, ``refused`` or a defect.
    """
    random = Random(number)
    file, sealed = FILES[number % len(FILES)], bool(number // len(FILES) % 2)
    whole = load_bundle("cogcn").files
    files = whole | {file: damage(file, whole[file], random)}
    contents = files | {SUMS: sums(files if sealed else whole)}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    backend = BACKENDS.get(file) or random.choice(list(BACKENDS.values()))
    return {"case": number, "file": file, "sealed": sealed, "outcome": _outcome(folder, backend)}


def _outcome(folder: Path, backend: str) -> str:
    try:
        recognizer = load(folder, backend)
        dimension = recognizer.bundle.features.dimension
        nodes = np.random.default_rng(0).normal(size=(23, dimension)).astype(np.float32)
        with np.errstate(all="ignore"):
            probabilities = recognizer.probabilities(nodes)
    except EdgeSerError as error:
        return "refused" if "\n" not in str(error) else f"several lines: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "answers" if probabilities.shape == (len(recognizer.bundle.labels),) else "no answer"


def run_cases(first: int, stop: int) -> list[dict[str, Any]]:
    """The cases in child processes; after one that kills its child another goes on."""
    found: list[dict[str, Any]] = []
    while first < stop:
        command = [sys.executable, "-m", "benchmarks.fuzz.bundles", "--child", f"{first}:{stop}"]
        limit = _SECONDS + 2 * (stop - first)
        try:
            done = subprocess.run(command, capture_output=True, timeout=limit, check=False)
            lines, end = done.stdout, f"the process ends with {done.returncode}"
        except subprocess.TimeoutExpired as error:
            lines, end = error.stdout or b"", "no end"
        found += map(json.loads, lines.splitlines())
        first = found[-1]["case"] + 1 if lines else first
        if first < stop:
            found.append({"case": first, "file": FILES[first % len(FILES)], "outcome": end})
            first += 1
    return found


def _child(first: int, stop: int) -> Iterator[dict[str, Any]]:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, stop):
            yield run_case(number, Path(folder) / "bundle")


def fuzz(cases: int, jobs: int, console: Console) -> dict[str, Any]:
    """Runs the cases 0 to ``cases``; counts what came of them, and lists the defects."""
    batches = [(first, min(first + _BATCH, cases)) for first in range(0, cases, _BATCH)]
    counts: Counter[tuple[str, bool, str]] = Counter()
    defects = []
    with progress(console, "damaged bundles", len(batches)) as advance:
        calls = (delayed(run_cases)(*batch) for batch in batches)
        for found in Parallel(n_jobs=jobs, return_as="generator_unordered")(calls):
            for case in found:
                if case["outcome"] in ("answers", "refused"):
                    counts[case["file"], case["sealed"], case["outcome"]] += 1
                else:
                    defects.append(case)
            advance()
    rows = [
        {"file": file, "sealed": sealed}
        | {outcome: counts[file, sealed, outcome] for outcome in ("refused", "answers")}
        for file in FILES
        for sealed in (False, True)
    ]
    return {"cases": cases, "rows": rows, "defects": sorted(defects, key=lambda c: c["case"])}


def table(report: dict[str, Any]) -> str:
    """The counts as Markdown."""
    lines = [
        "# Damaged bundles",
        "",
        f"{report['cases']:,} copies of the bundled model, one file of each damaged. Refused: in",
        "one line. Answers: the damage was in something that may be otherwise, such as a weight.",
        "",
        "| file | hashes | refused | answers |",
        "|---|---|---|---|",
        *(
            f"| {row['file']} | {'recomputed' if row['sealed'] else 'as they were'} "
            f"| {row['refused']:,} | {row['answers']:,} |"
            for row in report["rows"]
        ),
        "",
        f"Crashes, hangs and other errors: {len(report['defects'])}.",
        "",
        f"Made by `{report['command']}`.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Runs the cases, writes ``results/fuzz-bundles.json`` and ``.md``; exits 1 on a defect."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz.bundles",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        for case in _child(*map(int, args.child.split(":"))):
            print(json.dumps(case), flush=True)
        return
    report = fuzz(args.cases, args.jobs, Console(stderr=True))
    report["command"] = f"python -m benchmarks.fuzz.bundles --cases {args.cases}"
    (RESULTS / "fuzz-bundles.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "fuzz-bundles.md").write_text(table(report))
    for defect in report["defects"]:
        print(json.dumps(defect), file=sys.stderr)
    sys.exit(bool(report["defects"]))


if __name__ == "__main__":
    main()
