"""Commands of a parser: each names the module that carries it out, imported after parsing."""

from __future__ import annotations

import argparse
import shlex
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_ser.cli.parser import Parser

    Commands = argparse._SubParsersAction[Parser]


def add_command(
    commands: Commands,
    name: str,
    *,
    module: str,
    purpose: str,
    summary: str,
    examples: Sequence[str],
) -> Parser:
    """Add a command to a parser.

    Args:
        commands: of the parser.
        name: name of the command.
        module: module whose ``run(options, command_line)`` carries it out and tells whether all
            went well.
        purpose: what needs the packages that the module imports, for an error message.
        summary: what the command does, in a few words.
        examples: what may be written after the command.
    """
    lines = "".join(f"\n  %(prog)s {example}" for example in examples)
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example{'s' * (len(examples) > 1)}:{lines}",
    )
    parser.set_defaults(module=module, purpose=purpose, parser=parser)
    return parser


def carry_out(parser: Parser, arguments: Sequence[str] | None) -> int:
    """Parse a command line and carry it out; without arguments, print the help.

    Args:
        parser: a parser with commands of :func:`add_command`, or with the same defaults.
        arguments: the arguments; None: those of the process.

    Returns:
        0, or 1 after an error message of one line on stderr.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse(words)
    try:
        module = import_module(options.module)  # slow imports (torch): only after parsing
    except ModuleNotFoundError as error:
        return _fail(
            f"{options.purpose} needs {error.name}, which is not installed; "
            "make train-env, then . .venv-train/bin/activate"
        )
    try:
        return 0 if module.run(options, shlex.join([*parser.prog.split(), *words])) else 1
    except EdgeSerError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        more = "; the same command goes on with the next fold" * (options.purpose == "training")
        print(f"interrupted{more}", file=sys.stderr)
        return 1


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


def next_step(*words: object) -> None:
    """Print the next command as the last line on stderr, to be copied."""
    print(f"next:\n  {shlex.join(map(str, words))}", file=sys.stderr)
