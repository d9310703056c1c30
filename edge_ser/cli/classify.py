"""``edge-ser classify``: the emotions of whole files."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edge_ser.cli import options
from edge_ser.cli.output import fail, say
from edge_ser.paths import cannot_write, check_output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from edge_ser.cli.files import Answer

SUMMARY = "classify the utterances of audio files"
EXAMPLE = """\
edge-ser classify clip.wav
  edge-ser classify recordings --csv emotions.csv
  edge-ser classify interview.flac --labels interview.txt
  ffmpeg -v error -i talk.m4a -f wav - | edge-ser classify --json -"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "files",
        nargs="+",
        type=options.existing,
        metavar="PATH",
        help="audio files, or folders with audio files in them and below; -: stdin",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write a table too, with a row an utterance"
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="of a single file, write a label track too, which Audacity imports",
    )
    parser.add_argument(
        "--timeline",
        type=Path,
        metavar="FILE",
        help="of a single file, draw what was heard over time too: .html, .svg or .png",
    )
    parser.add_argument(
        "--jobs",
        type=options.whole,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="processes at most (default: all cores, %(default)s)",
    )
    options.add_audio(parser)
    options.add_model(parser)
    options.add_threshold(parser)
    options.add_voice(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Classify file after file; report those that cannot be used and go on with the next."""
    from edge_ser.cli.files import FileClassifier, classify, find
    from edge_ser.cli.results import Csv, Table, write_answer, write_labels
    from edge_ser.pictures import timeline

    files = find(arguments.files)
    for option, given in (("--labels", arguments.labels), ("--timeline", arguments.timeline)):
        if given and len(files) > 1:
            arguments.parser.error(f"{option} is for a single file, not for {len(files)}")
    if arguments.timeline:
        timeline.check(arguments.timeline)
        check_output(arguments.timeline, files)
    terminal = None if arguments.json else _terminal()
    classifier = FileClassifier(arguments)
    labels = classifier.labels
    with ExitStack() as stack:
        table = Table(files, labels, terminal)
        writers = [write_answer if arguments.json else table]
        if arguments.csv:
            file = stack.enter_context(_create(arguments.csv, files))
            writers.append(Csv(file, labels))
        if arguments.labels:
            track = stack.enter_context(_create(arguments.labels, files))
        code = 0
        answers = classify(files, classifier, arguments.jobs)
        for answer in _with_progress(answers, len(files), terminal):
            if answer.error:
                code = fail(answer.error)
            for write in writers:
                write(answer)
            if arguments.labels and answer.result:
                write_labels(track, answer.result)
            if arguments.timeline and answer.result:
                seconds = _duration(answer.path, arguments)
                timeline.save(arguments.timeline, answer.result, seconds, str(answer.path))
    if len(files) > 1 and not arguments.json:
        say(table.summary())
    return code


def _duration(path: Path, arguments: argparse.Namespace) -> float:
    """Return the seconds that a file promises; 0 for a pipe, which promises nothing."""
    from edge_ser.audio import AudioFile

    source = options.recording(arguments, path)
    return source.promised if isinstance(source, AudioFile) else 0.0


def _create(path: Path, files: Sequence[Path]) -> TextIO:
    """Open a file to be written.

    Raises:
        EdgeSerError: it cannot be, or is one of ``files``.
    """
    check_output(path, files)
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise cannot_write(path, error) from None


def _terminal() -> Console | None:
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return None
    from rich.console import Console

    return Console()


def _with_progress(
    answers: Iterator[Answer], count: int, terminal: Console | None
) -> Iterator[Answer]:
    """Add a progress bar, on stderr or below what is written to a terminal."""
    if count == 1 or not (terminal or sys.stderr.isatty()):
        yield from answers
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:])
    console = terminal or Console(stderr=True)
    with Progress(
        *columns, MofNCompleteColumn(), console=console, redirect_stdout=False, transient=True
    ) as bar:
        yield from bar.track(answers, total=count, description="classifying")
