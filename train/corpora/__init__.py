"""Emotional speech on disk as rows: one reader a corpus."""

from __future__ import annotations

from pathlib import Path

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora import (
    crema_d,
    emodb,
    iemocap,
    manifest,
    msp_improv,
    nemo,
    ravdess,
    savee,
    tess,
    urdu,
)
from train.corpora.rows import Reader, Row

READERS = {
    reader.name: reader
    for reader in (
        ravdess.READER,
        emodb.READER,
        nemo.READER,
        *iemocap.READERS,
        msp_improv.READER,
        crema_d.READER,
        tess.READER,
        savee.READER,
        urdu.READER,
    )
}

__all__ = ["READERS", "Reader", "Row", "read"]


def read(name: str, path: str | Path) -> list[Row]:
    """The rows of a corpus, in the order of their files.

    Args:
        name: one of :data:`READERS`; any other name where ``path`` is a CSV file.
        path: the corpus's folder, searched all the way down; or a manifest (see
            :mod:`train.corpora.manifest`).

    Raises:
        EdgeSerError: the name is unknown, or nothing under ``path`` can be used.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() == ".csv":
        rows, expected = manifest.read(name, path), f"lines with an emotion of {', '.join(LABELS)}"
    elif name in READERS:
        reader = READERS[name]
        rows, expected = reader.read(path), f"audio files named like {reader.pattern}"
    else:
        raise EdgeSerError(
            f"no corpus {name!r}; there are {', '.join(READERS)}, and any name for a CSV manifest"
        )
    if not rows:
        raise EdgeSerError(f"{path}: nothing usable for {name}; expected {expected}")
    return rows
