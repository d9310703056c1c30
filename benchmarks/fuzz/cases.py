"""Numbered fuzz cases, run in child processes with limits on memory and time.

A case that kills its process, takes too long or has an outcome that is not allowed is a defect. Its
number reproduces it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import Parallel, cpu_count, delayed
from rich.console import Console

from benchmarks import RESULTS
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BATCH = 100
_SECONDS = 120
"""Time limit of one case."""
_MEMORY = 2 << 30
"""Address space of a child process in bytes."""


@dataclass(frozen=True)
class Suite:
    """A suite of fuzz cases.

    Args:
        module: module that runs cases when called with ``--child FIRST:STOP``.
        title: title of the table.
        intention: sentences below the title.
        run: from the number of a case and a folder for its files to its outcome.
        kind: from the number of a case to its kind.
        kinds: all kinds, in order.
        clean: outcomes that are not defects.
    """

    module: str
    title: str
    intention: str
    run: Callable[[int, Path], str]
    kind: Callable[[int], str]
    kinds: tuple[str, ...]
    clean: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the files in ``results``."""
        return f"fuzz-{self.module.rpartition('.')[2]}"


def run_cases(suite: Suite, first: int, stop: int) -> list[dict[str, Any]]:
    """Run cases in a child process; if one kills it, continue with the next case in a new one.

    Returns:
        ``case`` and ``outcome`` of each.
    """
    found: list[dict[str, Any]] = []
    while first < stop:
        command = [sys.executable, "-m", suite.module, "--child", f"{first}:{stop}"]
        limit = _SECONDS + 2 * (stop - first)
        try:
            done = subprocess.run(command, capture_output=True, timeout=limit, check=False)
            lines, end = done.stdout, f"the process ends with {done.returncode}"
        except subprocess.TimeoutExpired as error:
            lines, end = error.stdout or b"", "no end"
        found += map(json.loads, lines.splitlines())
        first = found[-1]["case"] + 1 if lines else first
        if first < stop:
            found.append({"case": first, "outcome": end})
            first += 1
    return found


def _child(suite: Suite, first: int, stop: int) -> Iterator[dict[str, Any]]:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, stop):
            yield {"case": number, "outcome": suite.run(number, Path(folder))}


def fuzz(suite: Suite, cases: int, jobs: int, console: Console) -> dict[str, Any]:
    """Run the first ``cases`` cases; count the outcomes and list the defects."""
    batches = [(first, min(first + _BATCH, cases)) for first in range(0, cases, _BATCH)]
    counts: Counter[tuple[str, str]] = Counter()
    defects = []
    with progress(console, suite.title, len(batches)) as advance:
        calls = (delayed(run_cases)(suite, *batch) for batch in batches)
        # threads, since they only wait for their children
        done = Parallel(jobs, prefer="threads", return_as="generator_unordered")(calls)
        for found in done:
            for case in found:
                if case["outcome"] in suite.clean:
                    counts[suite.kind(case["case"]), case["outcome"]] += 1
                else:
                    defects.append(case)
            advance()
    rows = [
        {"kind": kind} | {outcome: counts[kind, outcome] for outcome in suite.clean}
        for kind in suite.kinds
    ]
    return {"cases": cases, "rows": rows, "defects": sorted(defects, key=lambda c: c["case"])}


def _table(suite: Suite, report: dict[str, Any]) -> str:
    lines = [
        f"# {suite.title}",
        "",
        f"{report['cases']:,} cases. {suite.intention}",
        "",
        f"| | {' | '.join(suite.clean)} |",
        f"|---|{'---|' * len(suite.clean)}",
        *(
            f"| {row['kind']} | {' | '.join(f'{row[outcome]:,}' for outcome in suite.clean)} |"
            for row in report["rows"]
        ),
        "",
        f"Crashes, hangs and other errors: {len(report['defects'])}.",
        "",
        f"Made by `{report['command']}`.",
        "",
    ]
    return "\n".join(lines)


def main(suite: Suite, description: str | None, cases: int) -> None:
    """Run the cases, write ``results/fuzz-….json`` and ``.md``, and exit with 1 on a defect.

    Args:
        suite: the cases.
        description: description of the command.
        cases: default number of cases.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {suite.module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=cases)
    parser.add_argument("--jobs", type=int, default=cpu_count())
    parser.add_argument("--child", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        for case in _child(suite, *map(int, args.child.split(":"))):
            print(json.dumps(case), flush=True)
        return
    report = fuzz(suite, args.cases, args.jobs, Console(stderr=True))
    report["command"] = f"python -m {suite.module} --cases {args.cases}"
    (RESULTS / f"{suite.name}.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / f"{suite.name}.md").write_text(_table(suite, report))
    for defect in report["defects"]:
        print(json.dumps(defect), file=sys.stderr)
    sys.exit(bool(report["defects"]))
