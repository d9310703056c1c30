"""``edge-ser enrol``: learn a voice, so that the model knows it from the first word on."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import write_line
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edge_ser.audio import Source
    from edge_ser.recognizer import Recognizer
    from edge_ser.voice import VoiceStatistics

SUMMARY = "learn a voice from some ordinary speech, for --profile"
EXAMPLE = """\
edge-ser enrol anna                             read a text aloud to the microphone
  edge-ser enrol anna --input talk.wav call.wav   from recordings; then: listen --profile anna"""
TEXT = """\
Read this aloud, calmly, as you would tell it to a friend:

  When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.
  The rainbow is a division of white light into many beautiful colours. These take the shape of
  a long round arch, with its path high above, and its two ends apparently beyond the horizon.
  There is, according to legend, a boiling pot of gold at one end. People look, but no one ever
  finds it. When a man looks for something beyond his reach, his friends say he is looking for
  the pot of gold at the end of the rainbow.
"""
"""The Rainbow Passage (Fairbanks 1960): phoneticians use it, as it has most sounds of English."""

_PATIENCE = 4.0
"""How many times the wanted seconds may pass at the microphone."""
_CLIPPED = 0.001
_SOFT = -55.0  # dBFS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("name", metavar="NAME", help="name of the profile, or a file NAME.json")
    source = parser.add_mutually_exclusive_group()
    options.add_device(source)
    source.add_argument(
        "--input", type=Path, nargs="+", metavar="FILE", help="recordings of the voice instead"
    )
    parser.add_argument(
        "--seconds",
        type=options.seconds,
        metavar="S",
        default=20.0,
        help="seconds of speech to hear (default: %(default)g)",
    )
    options.add_audio(parser)
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Hear enough speech, and write the profile."""
    from edge_ser import profiles
    from edge_ser.recognizer import load

    path = profiles.path_of(arguments.name)
    recognizer = load(arguments.model, arguments.backend)
    if recognizer.bundle.prior is None:
        raise EdgeSerError(f"model {recognizer.bundle.name} does not adapt to voices; use another")
    voice = recognizer.unknown_voice()
    if arguments.input:
        seconds = sum(_from_file(recognizer, voice, arguments, file) for file in arguments.input)
    else:
        seconds = _from_microphone(recognizer, voice, arguments)
    if seconds < arguments.seconds:
        raise EdgeSerError(
            f"only {seconds:.1f} s of speech were heard, {arguments.seconds:g} are needed: speak "
            "longer and nearer to the microphone, or give more recordings; nothing is written"
        )
    profiles.save(path, voice, recognizer.bundle)
    write_line(f"{arguments.name}: {seconds:.1f} s of speech; {path}")
    return 0


def _from_file(
    recognizer: Recognizer, voice: VoiceStatistics, arguments: argparse.Namespace, file: Path
) -> float:
    return _hear(recognizer, voice, options.recording(arguments, file), lambda *_: True)


def _from_microphone(
    recognizer: Recognizer, voice: VoiceStatistics, arguments: argparse.Namespace
) -> float:
    from edge_ser.audio import Microphone

    began: float | None = None
    with ExitStack() as stack:
        show: Callable[[float, float], None] | None = None

        def more(seconds: float, level: float) -> bool:
            nonlocal began, show
            if began is None:  # the microphone is open
                began = time.monotonic()
                sys.stderr.write(f"{TEXT}\n")
                if sys.stderr.isatty():
                    show = stack.enter_context(_meter(arguments.seconds))
            if show:
                show(seconds, level)
            late = time.monotonic() - began > _PATIENCE * arguments.seconds
            return seconds < arguments.seconds and not late

        return _hear(recognizer, voice, Microphone(arguments.device, arguments.channel), more)


def _hear(
    recognizer: Recognizer,
    voice: VoiceStatistics,
    source: Source,
    more: Callable[[float, float], bool],
) -> float:
    """Add a source's speech to the statistics while ``more`` of it is wanted; return its seconds.

    Raises:
        EdgeSerError: the source fails, or is so loud that it is clipped.
    """
    from edge_ser.audio.quality import clipped_samples, dbfs

    seconds, samples, clipped = 0.0, 0, 0
    for block, found in recognizer.enrol(source, voice):
        seconds += sum(segment.end - segment.start for segment in found)
        samples += len(block.samples)
        clipped += clipped_samples(block.samples)
        if not more(seconds, dbfs(block.samples)):
            break
    if clipped > _CLIPPED * samples:
        raise EdgeSerError(
            f"{source.name} is too loud, {100 * clipped / samples:.1f} % of it is clipped: turn it "
            "down, or speak further away from it; nothing is written"
        )
    return seconds


@contextmanager
def _meter(wanted: float) -> Iterator[Callable[[float, float], None]]:
    """Show how much speech was heard, and how loud it is."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[level]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("", total=wanted, level="")

        def show(seconds: float, level: float) -> None:
            progress.update(
                bar,
                completed=seconds,
                description=f"{seconds:.0f} of {wanted:.0f} s of speech",
                level=f"{level:4.0f} dBFS{', louder, please' if level < _SOFT else ''}",
            )

        yield show
