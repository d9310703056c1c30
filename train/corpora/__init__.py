"""Corpora of emotional speech as rows: one reader per corpus."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

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
from train.corpora.rows import Reader, Row, labelled
from train.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def read(name: str, path: str | Path, labels: Sequence[str] = LABELS) -> list[Row]:
    """Read the rows of a corpus that have one of the labels, in the order of its files.

    Args:
        name: one of :data:`READERS`, or any name if ``path`` is a CSV file.
        path: the corpus's folder, searched recursively, or a CSV manifest (see
            :mod:`train.corpora.manifest`).
        labels: the classes; clips of others are left out, and told as a warning.

    Raises:
        EdgeSerError: the name is unknown, or no usable clip is found under ``path``.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() == ".csv":
        rows = manifest.read(name, path, labels)
        expected = (
            f"lines with an emotion of {', '.join(labels)}; --labels names classes of your own"
        )
    elif name in READERS:
        reader = READERS[name]
        rows, expected = reader.read(path), f"audio files named like {reader.pattern}"
        if tuple(labels) != LABELS:
            rows = [_vote(row, labels) for row in labelled(path, rows, labels)]
    else:
        raise EdgeSerError(
            f"no corpus {name!r} (a CSV manifest may have any name){suggest(name, READERS)}"
        )
    if not rows:
        raise EdgeSerError(f"{path}: nothing usable for {name}; expected {expected}")
    return rows


def _vote(row: Row, labels: Sequence[str]) -> Row:
    """Count only the votes for these labels."""
    heard = dict(zip(LABELS, row.votes or (), strict=False))
    shares = [heard.get(label, 0.0) for label in labels]
    total = sum(shares)
    return replace(row, votes=tuple(share / total for share in shares) if total else None)
