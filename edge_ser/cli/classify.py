"""``edge-ser classify``: the emotions of whole files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import fail, write_json, write_line
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from edge_ser.events import Classification

SUMMARY = "classify the utterances of audio files"
EXAMPLE = """\
edge-ser classify clip.wav
  edge-ser classify --json recordings/*.flac > emotions.jsonl
  ffmpeg -v error -i talk.m4a -f wav - | edge-ser classify -"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="audio files; -: stdin")
    options.add_audio(parser)
    options.add_model(parser)
    options.add_threshold(parser)
    options.add_voice(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Classify file after file; report those that cannot be used and go on with the next."""
    from edge_ser.recognizer import load

    recognizer = load(arguments.model, arguments.backend)
    voice = options.voice(arguments, recognizer)
    code = 0
    for file in _with_progress(arguments.files):
        try:
            result = recognizer.classify_source(
                options.recording(arguments, file),
                arguments.threshold,
                voice=voice.copy(),
                adapt=not arguments.no_adapt,
            )
        except EdgeSerError as error:
            code = fail(error)
            if arguments.json:
                write_json({"file": str(file), "error": str(error)})
            continue
        if arguments.json:
            write_json({"file": str(file), **result.to_dict()})
        else:
            _write_plain(file, result)
    return code


def _write_plain(file: Path, result: Classification) -> None:
    from edge_ser.sinks.lines import decision, utterance_line

    if result.probabilities is None:
        write_line(f"{file}: no speech")
        return
    write_line(f"{file}: {decision(result.emotion, result.probabilities)}")
    for utterance in result.utterances:
        write_line(utterance_line(utterance))


def _with_progress(files: list[Path]) -> Iterable[Path]:
    """Add a progress bar if stderr is a terminal and stdout is not."""
    if len(files) > 1 and sys.stderr.isatty() and not sys.stdout.isatty():
        return _progress(files)
    return files


def _progress(files: list[Path]) -> Iterator[Path]:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), *Progress.get_default_columns()[1:])
    console = Console(stderr=True)
    with Progress(
        *columns, MofNCompleteColumn(), console=console, redirect_stdout=False, transient=True
    ) as bar:
        yield from bar.track(files, description="classifying")
