"""``edge-ser-train``: train a model on recordings, look at it, and export it for the device."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli.parser import Parser
from export.options import add_arguments as add_export
from train.dispatch import add_command, carry_out
from train.options import add_commands, add_files

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = "edge-ser-train"
_STEPS = f"""the steps, each of which names the next:
  {_NAME} corpora check ours=FILE.csv
  {_NAME} fit --corpus ours=FILE.csv --output runs/ours
  {_NAME} report runs/ours
  {_NAME} export runs/ours --output models/ours
  edge-ser listen --model models/ours"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after an error message on stderr."""
    return carry_out(_parser(), arguments)


def _parser() -> Parser:
    parser = Parser(
        prog=_NAME,
        description="Train a model on recordings, look at it, and export it for the device.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_STEPS,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add_commands(commands)
    report = add_command(
        commands,
        "report",
        module="report.command",
        purpose="a report",
        summary="write a page about a run: confusions, speakers, confidence, mistakes to listen to",
        examples=["runs/ours"],
    )
    report.add_argument("run", type=Path, metavar="RUN", help="folder that `fit` wrote")
    report.add_argument(
        "--output", type=Path, metavar="FILE.html", help="the page (default: RUN/report.html)"
    )
    add_files(report)
    export = add_command(
        commands,
        "export",
        module="export.command",
        purpose="export",
        summary="export a run as a bundle for the device, verified on the test speakers",
        examples=["runs/ours --output models/ours"],
    )
    export.add_argument("run", type=Path, metavar="RUN", help="folder that `fit` wrote")
    add_export(export)
    return parser


if __name__ == "__main__":
    sys.exit(main())
