"""Export of a training run as a bundle for the device: ``edge-ser-train export``.

python export/quantize.py --run RUN --output DIR
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli.parser import Parser
from export.options import add_arguments
from train.dispatch import carry_out

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = "python export/quantize.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 1 if not every format was written."""
    parser = Parser(
        prog=_NAME,
        description="Export a trained run as a bundle for the device.",
        epilog=f"example: {_NAME} --run runs/cogcn --output my-model",
    )
    parser.add_argument("--run", type=Path, required=True, help="folder that `fit` wrote")
    add_arguments(parser)
    parser.set_defaults(module="export.command", purpose="export", parser=parser)
    return carry_out(parser, arguments)


if __name__ == "__main__":
    sys.exit(main())
