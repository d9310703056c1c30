"""Rows, the output of every corpus reader, and helpers that all readers share."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)

SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A labelled clip.

    Args:
        corpus: name of its corpus.
        path: audio file.
        speaker: name, unique within the corpus.
        emotion: one of the labels, by default :data:`edge_ser.events.LABELS`.
        start: beginning of the clip in the file, in seconds; None for the beginning of the file.
        end: end of the clip in the file, in seconds; None for the end of the file.
        text: the spoken text; None if the corpus does not give it.
        votes: shares of the listeners who heard each of the labels; None if nobody was asked, or
            nobody heard one of them.
    """

    corpus: str
    path: Path
    speaker: str
    emotion: str
    start: float | None = None
    end: float | None = None
    text: str | None = None
    votes: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Complete:
    """Contents of a complete copy of a corpus, for our four emotions.

    Args:
        speakers: names, sorted.
        emotions: emotion to number of clips; empty if not known for certain.
    """

    speakers: tuple[str, ...]
    emotions: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A reader of one corpus.

    Args:
        name: name of the corpus on the command line and in every row.
        pattern: example of an audio file's name.
        read: from the corpus's folder to its rows, in the order of the files.
        complete: contents of a complete copy; None if not known for certain.
    """

    name: str
    pattern: str
    read: Callable[[Path], list[Row]]
    complete: Complete | None


def labelled(place: Path, rows: Sequence[Row], labels: Sequence[str]) -> list[Row]:
    """Keep the rows with one of the labels; tell as a warning which others there are.

    Args:
        place: where they are from.
        rows: rows of any emotions.
        labels: the classes.
    """
    kept = [row for row in rows if row.emotion in labels]
    others = Counter(row.emotion for row in rows if row.emotion not in labels)
    if others:
        words = ", ".join(f"{count} {emotion}" for emotion, count in others.most_common())
        _log.warning(
            "%s: left out: %d of %d rows have another emotion (%s)",
            *(place, others.total(), len(rows), words),
        )
    return kept


def stem(path: Path) -> str:
    """Return the file's name without its suffix."""
    return path.stem


def audio_files(folder: Path, name: Callable[[Path], str] = stem) -> list[Path]:
    """List all ``.wav`` and ``.flac`` files below ``folder``, sorted, each clip once.

    Some copies of RAVDESS and TESS hold every clip twice; the first in the order of paths is kept.
    Hidden files are left out: macOS puts a ``._NAME.wav``, which is not audio, beside ``NAME.wav``.

    Args:
        folder: searched recursively.
        name: from a path to the clip's name; two files with the same name are the same clip.

    Raises:
        EdgeSerError: ``folder`` is not a folder.
    """
    if not folder.is_dir():
        raise EdgeSerError(f"{folder}: no such folder; name the corpus's own folder")
    clips: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            clips.setdefault(name(path), path)
    return list(clips.values())


def text_files(folder: Path, pattern: str) -> dict[Path, str]:
    """Read the text files below ``folder`` that match ``pattern``, except hidden ones.

    Args:
        folder: searched recursively.
        pattern: as for :meth:`pathlib.Path.rglob`.
    """
    return {
        path: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob(pattern))
        if not path.name.startswith(".")
    }
