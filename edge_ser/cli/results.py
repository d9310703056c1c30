"""What ``edge-ser classify`` writes: a table, JSON lines, CSV, Audacity's labels."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING, TextIO

from edge_ser.cli.output import write_json, write_line
from edge_ser.sinks.lines import decision, utterance_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import Console

    from edge_ser.cli.files import Answer
    from edge_ser.events import Classification, Utterance

_WIDEST = 60
"""Characters of a file's name up to which the rows of a table are aligned."""


class Table:
    """A table with a row a file, and the utterances of a single one.

    Args:
        files: of which there will be answers.
        labels: the emotions.
        terminal: where to write in colour; None: plain lines to stdout.
    """

    def __init__(
        self, files: Sequence[Path], labels: Sequence[str], terminal: Console | None
    ) -> None:
        self._width = min(max(len(str(file)) for file in files), _WIDEST)
        self._single = len(files) == 1
        self._labels = labels
        self._terminal = terminal
        self._counts: Counter[str] = Counter()

    def __call__(self, answer: Answer) -> None:
        """Write the row of a file, unless it cannot be used."""
        found = answer.result
        if found is None:
            self._counts["unusable"] += 1
            return
        name = f"{answer.path!s:{self._width}}"
        if found.probabilities is None:
            self._counts["without speech"] += 1
            self._write(f"{name}  no speech", None)
            return
        self._counts[found.emotion or "unsure"] += 1
        self._write(f"{name}  {decision(found.emotion, found.probabilities)}", found.emotion)
        for utterance in found.utterances if self._single else ():
            self._write(utterance_line(utterance), utterance.emotion)

    def summary(self) -> str:
        """Return how many files there were of each kind, the most frequent first."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self._counts.most_common())
        return f"{self._counts.total()} files: {kinds}"

    def _write(self, line: str, emotion: str | None) -> None:
        if self._terminal is None:
            write_line(line)
            return
        from rich.text import Text

        from edge_ser.sinks.terminal.looks import looks

        style = looks(self._labels)[emotion].colour if emotion else "dim"
        self._terminal.print(Text(line, style), soft_wrap=True)


def write_answer(answer: Answer) -> None:
    """Write an answer as one line of JSON."""
    found = {"error": str(answer.error)} if answer.result is None else answer.result.to_dict()
    write_json({"file": str(answer.path), **found})


class Csv:
    """A table of comma-separated values with a row an utterance.

    A file without speech has a row without numbers.

    Args:
        file: where to write, opened with ``newline=""``.
        labels: the emotions.
    """

    def __init__(self, file: TextIO, labels: Iterable[str]) -> None:
        self._labels = tuple(labels)
        self._writer = csv.writer(file)
        heads = ("file", "start", "end", "emotion", "confidence", *self._labels)
        self._writer.writerow(heads)

    def __call__(self, answer: Answer) -> None:
        """Write the rows of a file, unless it cannot be used."""
        if answer.result is None:
            return
        if not answer.result.utterances:
            self._writer.writerow([answer.path, *[""] * (4 + len(self._labels))])
        for u in answer.result.to_dict()["utterances"]:
            shares = [u["probabilities"][label] for label in self._labels]
            cells = u["start"], u["end"], u["emotion"] or "unsure", u["confidence"]
            self._writer.writerow([answer.path, *cells, *shares])


def write_labels(file: TextIO, found: Classification) -> None:
    """Write a label track, as Audacity imports it: start, end and text of each utterance."""
    for utterance in found.utterances:
        file.write(f"{utterance.start:.6f}\t{utterance.end:.6f}\t{_label(utterance)}\n")


def _label(utterance: Utterance) -> str:
    return f"{utterance.emotion or 'unsure'} {100 * utterance.confidence:.0f} %"
