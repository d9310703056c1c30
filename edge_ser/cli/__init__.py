"""The command ``edge-ser``: one module a command; what they work with is imported when they run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from edge_ser.cli import bench, classify, devices, doctor, info, listen, models
from edge_ser.cli.options import describe
from edge_ser.cli.output import fail, set_up_stdout
from edge_ser.cli.signals import Interrupt, handling_signals
from edge_ser.errors import EdgeSerError

COMMANDS = (listen, classify, devices, models, info, bench, doctor)

_EXAMPLE = """\
edge-ser listen                        hear the default microphone
  edge-ser classify clip.wav             tell the emotions in a file
  edge-ser COMMAND --help                what a command can do"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the command's name; those of the process by default.

    Returns:
        The exit code: 0 done, which an interrupt or a closed pipe is too; 1 a failure, told in one
        line on stderr; 2 wrong usage.
    """
    # a graph has tens of nodes: a second thread of NumPy's linear algebra would only wait
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    set_up_stdout()
    interrupt = Interrupt()
    try:
        with handling_signals(interrupt):
            code = _run(argv)
            sys.stdout.flush()
            return code
    except (Exception, SystemExit) as error:
        if interrupt.requested:
            return 0
        if isinstance(error, EdgeSerError):
            return fail(error)
        if isinstance(error, OSError):
            # stdout could not be written: without this Python would try again when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0 if isinstance(error, BrokenPipeError) else fail(error)
        raise


def _run(argv: Sequence[str] | None) -> int:
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.run(arguments)
    except SystemExit as end:  # a signal, or argparse has printed the help or what was wrong
        return int(end.code or 0)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="edge-ser")
    describe(parser, "On-device speech emotion recognition: angry, happy, neutral, sad.", _EXAMPLE)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
        subparser = commands.add_parser(name, help=command.SUMMARY)
        describe(subparser, command.SUMMARY, command.EXAMPLE)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser
