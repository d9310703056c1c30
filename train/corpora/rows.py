"""What every corpus reader returns, and what all of them need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge_ser.errors import EdgeSerError

SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One labelled clip.

    Args:
        corpus: name of its corpus.
        path: audio file.
        speaker: unique within the corpus.
        emotion: one of :data:`edge_ser.events.LABELS`.
        start: seconds into the file where the clip begins; None for the file's beginning.
        end: seconds into the file where it ends; None for the file's end.
        text: what is said, or None where the corpus does not tell.
    """

    corpus: str
    path: Path
    speaker: str
    emotion: str
    start: float | None = None
    end: float | None = None
    text: str | None = None


@dataclass(frozen=True)
class Complete:
    """What a complete copy of a corpus holds of our four emotions.

    Args:
        speakers: their names, sorted.
        emotions: emotion to number of clips; empty where that is not known for certain.
    """

    speakers: tuple[str, ...]
    emotions: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How a corpus is read.

    Args:
        name: what the corpus is called on the command line and in every row.
        pattern: what its audio files are called, by example.
        read: from its folder to its rows, in the order of their files.
        complete: what should be there; None where that is not known for certain.
    """

    name: str
    pattern: str
    read: Callable[[Path], list[Row]]
    complete: Complete | None


def stem(path: Path) -> str:
    """The file's name without its suffix."""
    return path.stem


def audio_files(folder: Path, name: Callable[[Path], str] = stem) -> list[Path]:
    """All ``.wav`` and ``.flac`` files below ``folder``, sorted, each clip once.

    Copies of RAVDESS and TESS hold every clip twice; the first in the order of paths is kept.
    Hidden files are left out: macOS puts a ``._NAME.wav`` that is no audio beside ``NAME.wav``.

    Args:
        folder: searched all the way down.
        name: from a path to the clip's name: two files of one name are the same clip.

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
    """The files below ``folder`` that ``pattern`` names, and what they say; no hidden files.

    Args:
        folder: searched all the way down.
        pattern: as :meth:`pathlib.Path.rglob` takes it.
    """
    return {
        path: path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob(pattern))
        if not path.name.startswith(".")
    }
