"""Any corpus, described by a CSV file with path,speaker,emotion and, optionally, start,end,text."""

from __future__ import annotations

import csv
import logging
import math
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora.rows import Row, labelled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)

REQUIRED = ("path", "speaker", "emotion")
SYNONYMS = {
    "anger": "angry",
    "ang": "angry",
    "happiness": "happy",
    "hap": "happy",
    "joy": "happy",
    "neu": "neutral",
    "neutrality": "neutral",
    "sadness": "sad",
}
"""Other words for the usual labels; calm and surprise, for instance, are none."""


def read(name: str, file: Path, labels: Sequence[str] = LABELS) -> list[Row]:
    """Read the rows of ``file`` whose emotion is one of the labels, or a synonym of one.

    What is left out is told as a warning: rows with other emotions, repeated rows, and clips that
    are given different emotions.

    Args:
        name: name to give the corpus.
        file: CSV with a header line; paths may be relative to its folder; ``start`` and ``end`` in
            seconds, empty for the whole file.
        labels: the classes; upper and lower case are alike.

    Raises:
        EdgeSerError: the file does not exist, a column is missing, or a line is invalid.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in REQUIRED if column not in (reader.fieldnames or ())]
            if missing:
                raise EdgeSerError(
                    f"{file}: no column {', '.join(missing)}; the first line must name "
                    "path,speaker,emotion and, if wanted, start,end,text"
                )
            rows = [_row(name, file, reader.line_num, line, labels) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EdgeSerError(f"{file}: cannot be read as a CSV file ({error})") from error
    return _consistent(file, labelled(file, rows, labels), len(rows))


def _consistent(file: Path, ours: list[Row], total: int) -> list[Row]:
    """Leave out repeated and contradictory rows; tell how many of the ``total`` they are."""
    emotions: dict[tuple[Path, float | None, float | None], set[str]] = {}
    kept = []
    for row in ours:
        known = emotions.setdefault((row.path, row.start, row.end), set())
        if not known:
            kept.append(row)
        known.add(row.emotion)
    good = [row for row in kept if len(emotions[row.path, row.start, row.end]) == 1]
    contradictory = [row for row in kept if row not in good]
    repeated = (
        len(ours)
        - len(kept)
        - sum(len(emotions[row.path, row.start, row.end]) - 1 for row in contradictory)
    )
    for count, what in (
        (repeated, "repeat another"),
        (len(contradictory), f"are given several emotions, {_first(contradictory)} first"),
    ):
        if count:
            _log.warning("%s: left out: %d of %d rows %s", file, count, total, what)
    return good


def _first(rows: list[Row]) -> str:
    return rows[0].path.name if rows else ""


def _row(
    name: str, file: Path, number: int, line: dict[str, str | None], labels: Sequence[str]
) -> Row:
    path, speaker, emotion = ((line[column] or "").strip() for column in REQUIRED)
    if not (path and speaker and emotion):
        raise EdgeSerError(f"{file}, line {number}: path, speaker and emotion must not be empty")
    audio = file.parent / path
    if not audio.is_file():
        raise EdgeSerError(f"{file}, line {number}: no such file: {audio}")
    start, end = (_seconds(line.get(column), file, number) for column in ("start", "end"))
    if end is not None and end <= (start or 0.0):
        raise EdgeSerError(f"{file}, line {number}: end must be after start")
    return Row(
        corpus=name,
        path=audio,
        speaker=speaker,
        emotion=_label(emotion.lower(), labels),
        start=start,
        end=end,
        text=line.get("text") or None,
    )


def _label(word: str, labels: Sequence[str]) -> str:
    """Return the label that a word in lower case is, or is a synonym of; else the word."""
    named = {label.lower(): label for label in labels}
    return named.get(word) or named.get(SYNONYMS.get(word, ""), word)


def _seconds(text: str | None, file: Path, number: int) -> float | None:
    if not (text or "").strip():
        return None
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise EdgeSerError(f"{file}, line {number}: {text!r} is not a number of seconds")
    return value
