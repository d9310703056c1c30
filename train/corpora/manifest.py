"""Any corpus, described by a CSV file with path,speaker,emotion and, optionally, start,end,text."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora.rows import Row

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = ("path", "speaker", "emotion")


def read(name: str, file: Path) -> list[Row]:
    """Read the rows of ``file`` whose emotion is one of our labels.

    Args:
        name: name to give the corpus.
        file: CSV with a header line; paths may be relative to its folder; ``start`` and ``end`` in
            seconds, empty for the whole file.

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
            return [
                row
                for line in reader
                if (row := _row(name, file, reader.line_num, line)).emotion in LABELS
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EdgeSerError(f"{file}: cannot be read as a CSV file ({error})") from error


def _row(name: str, file: Path, number: int, line: dict[str, str | None]) -> Row:
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
        emotion=emotion.lower(),
        start=start,
        end=end,
        text=line.get("text") or None,
    )


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
