"""``edge-ser enrol``: learn a voice, so that the model knows it from the first word on."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import write_line
from edge_ser.reading import PATIENCE, SECONDS, TEXT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edge_ser.audio import Block, Source
    from edge_ser.enrolment import Enrolment

SUMMARY = "learn a voice from some ordinary speech, for --profile"
EXAMPLE = """\
edge-ser enrol anna                             read a text aloud to the microphone
  edge-ser enrol anna --input talk.wav call.wav   from recordings; then: listen --profile anna"""
_SOFT = -55.0  # dBFS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", metavar="NAME", help="name of the profile, or a file NAME.json")
    source = parser.add_mutually_exclusive_group()
    options.add_device(source)
    source.add_argument(
        "--input",
        type=options.existing,
        nargs="+",
        metavar="FILE",
        help="recordings of the voice instead",
    )
    parser.add_argument(
        "--seconds",
        type=options.seconds,
        metavar="S",
        default=SECONDS,
        help="seconds of speech to hear (default: %(default)g)",
    )
    options.add_audio(parser)
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Hear enough speech, and write the profile."""
    from edge_ser import profiles
    from edge_ser.enrolment import Enrolment
    from edge_ser.recognizer import load

    path = profiles.path_of(arguments.name)
    enrolment = Enrolment(load(arguments.model, arguments.backend), arguments.seconds)
    if arguments.input:
        for file in arguments.input:
            _hear(enrolment, options.recording(arguments, file), lambda _: True)
    else:
        _from_microphone(enrolment, arguments)
    enrolment.save(path)
    write_line(f"{arguments.name}: {enrolment.seconds:.1f} s of speech; {path}")
    return 0


def _from_microphone(enrolment: Enrolment, arguments: argparse.Namespace) -> None:
    from edge_ser.audio import Microphone

    began: float | None = None
    with ExitStack() as stack:
        show: Callable[[float, Block], None] | None = None

        def more(block: Block) -> bool:
            nonlocal began, show
            if began is None:  # the microphone is open
                began = time.monotonic()
                sys.stderr.write(f"{TEXT}\n")
                if sys.stderr.isatty():
                    show = stack.enter_context(_meter(enrolment.wanted))
            if show:
                show(enrolment.seconds, block)
            late = time.monotonic() - began > PATIENCE * enrolment.wanted
            return not (enrolment.enough or late)

        _hear(enrolment, Microphone(arguments.device, arguments.channel), more)


def _hear(enrolment: Enrolment, source: Source, more: Callable[[Block], bool]) -> None:
    """Enrol from a source while ``more`` of it is wanted.

    Raises:
        EdgeSerError: the source fails, or is so loud that it is clipped.
    """
    for block in enrolment.hear(source):
        if not more(block):
            break
    enrolment.check_level(source.name)


@contextmanager
def _meter(wanted: float) -> Iterator[Callable[[float, Block], None]]:
    """Show how much speech was heard, and how loud it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    from edge_ser.audio.quality import dbfs

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[level]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=wanted, level="")

        def show(seconds: float, block: Block) -> None:
            level = dbfs(block.samples)
            progress.update(
                bar,
                completed=seconds,
                description=f"{seconds:.0f} of {wanted:.0f} s of speech",
                level=f"{level:4.0f} dBFS{', louder, please' if level < _SOFT else ''}",
            )

        yield show
