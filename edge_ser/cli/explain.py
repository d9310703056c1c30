"""``edge-ser explain``: a page that shows what was heard in a recording, and what moved it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import write_line
from edge_ser.paths import check_output, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from edge_ser.audio import Source

SUMMARY = "show on a page what was heard in a recording, and what moved the answers"
EXAMPLE = """\
edge-ser explain clip.wav                      write clip.wav.html
  edge-ser explain clip.wav --output page.html
  edge-ser explain clip.wav --model cogcn-whisper --output page.html"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", type=options.existing, metavar="FILE", help="audio file; -: stdin")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PAGE",
        help="the page, one HTML file that needs no network (default: FILE.html)",
    )
    options.add_audio(parser)
    options.add_model(parser)
    options.add_threshold(parser)
    options.add_voice(parser)


def run(arguments: argparse.Namespace) -> int:
    """Hear the recording, explain its longest utterances, and write the page."""
    from edge_ser.explanation import page
    from edge_ser.explanation.hearing import hear
    from edge_ser.pictures.timeline import verdict
    from edge_ser.recognizer import load

    output = arguments.output
    if output is None:
        if str(arguments.file) == "-":
            arguments.parser.error(
                "what comes from stdin has no name: name the page, --output PAGE"
            )
        output = Path(f"{arguments.file}.html")
    source = options.recording(arguments, arguments.file)
    check_output(output, [arguments.file])
    recognizer = load(arguments.model, arguments.backend)
    voice = options.voice(arguments, recognizer)
    with _progress(source) as (heard, explained):
        hearing = hear(
            recognizer,
            source,
            arguments.threshold,
            voice=voice,
            adapt=not arguments.no_adapt,
            progress=heard,
        )
        html = page.write(hearing, recognizer, explained)
    write(output, html.encode())
    write_line(f"{output}: {verdict(hearing.result)}")
    return 0


@contextmanager
def _progress(source: Source) -> Iterator[tuple[Callable[[float], None], Callable[[float], None]]]:
    """Show on a terminal how far the recording is heard, in seconds, then how far explained."""
    if not sys.stderr.isatty():
        yield lambda seconds: None, lambda share: None
        return
    from rich.console import Console
    from rich.progress import Progress

    from edge_ser.audio import AudioFile

    length = source.promised if isinstance(source, AudioFile) else None
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("hearing", total=length or None)
        yield (
            lambda seconds: bar.update(task, completed=seconds),
            lambda share: bar.update(task, description="explaining", completed=share, total=1.0),
        )
