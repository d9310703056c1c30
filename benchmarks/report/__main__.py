r"""HTML page of tables and pictures of the results.

python -m benchmarks.report --results benchmarks/results/papers \
        --run runs/papers/cogcn-cold/seed-0 --output report.html
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
from rich.console import Console

from benchmarks.report.contents import write_report
from edge_ser.errors import EdgeSerError
from train.features.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after an error message on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--results",
        type=Path,
        required=True,
        metavar="DIR",
        help="results of `python -m benchmarks.papers`",
    )
    parser.add_argument(
        "--run",
        type=Path,
        action="extend",
        nargs="+",
        default=[],
        metavar="RUN",
        help="run of `train fit` or `train evaluate --runs`: pictures of its first trained fold",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.html", help="the page")
    parser.add_argument("--jobs", type=int, help="processes (default: one per core)")
    parser.add_argument(
        "--cache", type=Path, help="cache of features (default: EDGE_SER_CACHE, user's cache)"
    )
    args = parser.parse_args(arguments)
    cache = Cache.open(args.cache, args.jobs or joblib.cpu_count(), Console(stderr=True))
    try:
        write_report(args.results, args.run, args.output, cache)
    except EdgeSerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
