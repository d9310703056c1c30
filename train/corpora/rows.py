"""What every corpus reader returns, and what all of them need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge_ser.errors import EdgeSerError

SUFFIXES = (".wav", ".flac")


@dataclass(frozen=True)
class Row:
    """One labelled clip.

    Args:
        corpus: name of its corpus.
        path: audio file.
        start: seconds into the file where the clip begins; None for the file's beginning.
        end: seconds into the file where it ends; None for the file's end.
        speaker: unique within the corpus.
        emotion: one of :data:`edge_ser.events.LABELS`.
        text: what is said, or None where the corpus does not tell.
    """

    corpus: str
    path: Path
    start: float | None
    end: float | None
    speaker: str
    emotion: str
    text: str | None = None


def audio_files(folder: Path) -> list[Path]:
    """All ``.wav`` and ``.flac`` files below ``folder``, sorted, each file name once.

    Some copies of RAVDESS hold every actor twice; the first in the order of paths is kept.

    Raises:
        EdgeSerError: ``folder`` is not a folder.
    """
    if not folder.is_dir():
        raise EdgeSerError(f"{folder}: no such folder; name the corpus's own folder")
    names: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            names.setdefault(path.stem, path)
    return list(names.values())
