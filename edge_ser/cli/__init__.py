"""The command ``edge-ser``, one module per subcommand; each imports what it needs when it runs."""

from __future__ import annotations

import io
import logging
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from edge_ser.cli import (
    bench,
    classify,
    completion,
    config,
    devices,
    doctor,
    enrol,
    explain,
    info,
    listen,
    models,
    profiles,
)
from edge_ser.cli.options import describe
from edge_ser.cli.output import fail, logging_to_stderr, set_up_stdout
from edge_ser.cli.parser import Parser
from edge_ser.cli.signals import Interrupt, handling_signals
from edge_ser.errors import EdgeSerError
from edge_ser.native import separate_stderr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from pathlib import Path

COMMANDS = (
    *(listen, classify, explain, enrol, profiles, devices, models, info, bench, doctor),
    completion,
)

_log = logging.getLogger(__name__)

_EXAMPLE = """\
edge-ser listen                        listen to the default microphone
  edge-ser classify clip.wav             classify the utterances of a file
  edge-ser COMMAND --help                show the options of a command"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments after ``edge-ser``; those of the process by default.

    Returns:
        The exit code: 0 done, also after an interrupt or a closed pipe; 1 a failure, reported in
        one line on stderr; 2 wrong usage.
    """
    # graphs have tens of nodes: a second thread of NumPy's linear algebra would only wait
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    set_up_stdout()
    separate_stderr()
    interrupt = Interrupt()
    with logging_to_stderr() as be_verbose:
        try:
            with handling_signals(interrupt):
                code = _run(argv, be_verbose)
                sys.stdout.flush()
                return code
        except (Exception, SystemExit) as error:
            if interrupt.requested:
                return 0
            if isinstance(error, EdgeSerError):
                return fail(error)
            if isinstance(error, OSError):
                # stdout cannot be written: without this, Python would try again on exit
                with suppress(io.UnsupportedOperation):  # an object in memory
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return 0 if isinstance(error, BrokenPipeError) else fail(error)
            raise


def _run(argv: Sequence[str] | None, be_verbose: Callable[[int], None]) -> int:
    try:
        arguments, defaults = _parse(sys.argv[1:] if argv is None else argv)
        be_verbose(arguments.verbose)
        if defaults:
            _log.info("defaults from %s", defaults)
        code: int = arguments.run(arguments)
    except SystemExit as end:  # from a signal, or from argparse after printing help or an error
        return int(end.code or 0)
    return code


def _parse(argv: Sequence[str]) -> tuple[argparse.Namespace, Path | None]:
    """Parse the command line; return it, and the file that its defaults are from."""
    parser, subparsers = _parsers()
    command = next((argument for argument in argv if argument in subparsers), None)
    defaults = None
    if command and "--no-config" not in argv:
        defaults = config.set_defaults(command, subparsers)
    return parser.parse(argv), defaults


def _parsers() -> tuple[Parser, dict[str, Parser]]:
    """Create the parser of everything, and those of the commands by name."""
    parser, subparsers = Parser(prog="edge-ser"), {}
    describe(parser, "On-device speech emotion recognition: angry, happy, neutral, sad.", _EXAMPLE)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
        subparser = commands.add_parser(name, help=command.SUMMARY)
        describe(subparser, command.SUMMARY, command.EXAMPLE)
        command.add_arguments(subparser)
        subparser.add_argument(
            "-v",
            "--verbose",
            action="count",
            default=0,
            help="tell on stderr what it does; -vv: in detail, with tracebacks",
        )
        subparser.add_argument(
            "--no-config", action="store_true", help="ignore the defaults in config.toml"
        )
        subparser.set_defaults(run=command.run, parser=subparser, whole=parser)
        subparsers[name] = subparser
    return parser, subparsers
