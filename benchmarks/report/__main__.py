r"""HTML page of tables and pictures of the results.

python -m benchmarks.report --results benchmarks/results/papers \
        --run runs/papers/cogcn-cold/seed-0 --output report.html
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli.parser import Parser
from train.dispatch import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after an error message on stderr."""
    parser = Parser(
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
    parser.set_defaults(module="benchmarks.report.command", purpose="a report", parser=parser)
    return carry_out(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
