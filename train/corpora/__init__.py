"""Corpora of emotional speech as rows: one reader per corpus."""

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
    """Read the rows of a corpus, in the order of its files.

    Args:
        name: one of :data:`READERS`, or any name if ``path`` is a CSV file.
        path: the corpus's folder, searched recursively, or a CSV manifest (see
            :mod:`train.corpora.manifest`).

    Raises:
        EdgeSerError: the name is unknown, or no usable clip is found under ``path``.
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
