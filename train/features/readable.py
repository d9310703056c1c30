"""Check for readable clips: damaged files are reported and left out, never silently."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora import iemocap, read
from train.features.audio import clip_hash, samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from rich.console import Console

    from train.corpora.rows import Row
    from train.features.cache import Arrays, Cache


def read_all(paths: Mapping[str, Path], cache: Cache, labels: Sequence[str] = LABELS) -> list[Row]:
    """Read the readable rows of several corpora that have one of the labels.

    Unreadable files are reported on the cache's console and left out.

    Args:
        paths: name to folder or manifest.
        cache: knows which clips can be read.
        labels: the classes.

    Raises:
        EdgeSerError: see :func:`train.corpora.read`; a corpus has no readable clip; or several
            parts of IEMOCAP are given, which would count one speaker as two.
    """
    parts = [reader.name for reader in iemocap.READERS if reader.name in paths]
    if len(parts) > 1:
        raise EdgeSerError(f"{' and '.join(parts)} share their speakers: take one of them")
    rows = []
    for name, path in paths.items():
        good, faults = readable(read(name, path, labels), cache)
        name_faults(faults, cache.console)
        if not good:
            raise EdgeSerError(f"{path}: no file of {name} can be read")
        rows += good
    return rows


def readable(rows: Sequence[Row], cache: Cache) -> tuple[list[Row], dict[Path, str]]:
    """Separate the rows whose audio can be decoded to its end from the unreadable files.

    Args:
        rows: the clips.
        cache: decodes new clips in parallel and stores the outcome.

    Returns:
        The readable rows, in their order; and each unreadable file with the reason.
    """
    faults: dict[Path, str] = {}
    present = []
    for row in rows:
        try:
            clip_hash(row)
        except EdgeSerError as error:
            faults[row.path] = str(error).removeprefix(f"{row.path}: ")
        else:
            present.append(row)
    good = []
    for row, fault in zip(present, _faults(present, cache), strict=True):
        if fault:
            faults.setdefault(row.path, fault)
        else:
            good.append(row)
    return good, faults


def _faults(rows: Sequence[Row], cache: Cache) -> list[str]:
    """Return the reason why each row's audio cannot be used; empty if it can.

    Every clip is decoded to its end once; the outcome is cached.
    """
    wanted = [((clip_hash(row), "clean", "readable/1"), partial(_try, row)) for row in rows]
    return [str(arrays["fault"]) for arrays in cache.get(wanted, "readable/1, clean")]


def _try(row: Row) -> tuple[Arrays, float]:
    try:
        seconds = len(samples(row)) / SAMPLING_RATE
    except EdgeSerError as error:
        # without the path: the same bytes may be in another file too
        fault = str(error).replace(str(row.path), "").lstrip(" :")
        return {"fault": np.array(fault)}, 0.0
    return {"fault": np.array("")}, seconds


def name_faults(faults: Mapping[Path, str], console: Console) -> None:
    """Print the number of unreadable files and each with its reason; nothing if there are none."""
    if not faults:
        return
    files = "file is" if len(faults) == 1 else "files are"
    console.print(f"{len(faults)} unreadable {files} left out:", soft_wrap=True)
    for path, fault in faults.items():
        console.print(f"  {path}: {fault}", soft_wrap=True, markup=False, highlight=False)
