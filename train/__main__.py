"""``python -m train``: train a model, or evaluate one; part of :mod:`edge_ser_train`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from edge_ser.cli.parser import Parser
from train.dispatch import carry_out
from train.options import add_commands

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after an error message on stderr."""
    return carry_out(parser(), arguments)


def parser() -> Parser:
    """Make the parser of the commands."""
    made = Parser(prog="python -m train", description=__doc__)
    add_commands(made.add_subparsers(dest="command", required=True))
    return made


if __name__ == "__main__":
    sys.exit(main())
