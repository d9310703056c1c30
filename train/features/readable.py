"""Which clips can be decoded: a damaged file is named and left out, never silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from edge_ser.audio import SAMPLING_RATE
from edge_ser.errors import EdgeSerError
from train.corpora import iemocap, read
from train.corpora.rows import Row
from train.features.audio import clip_hash, samples
from train.features.cache import Arrays, Cache


def read_all(paths: Mapping[str, Path], cache: Cache) -> list[Row]:
    """The readable rows of several corpora, name to folder or manifest.

    What cannot be read is named on the cache's console and left out.

    Raises:
        EdgeSerError: see :func:`train.corpora.read`; nothing readable is left of a corpus; or two
            of the corpora are parts of IEMOCAP, so that a speaker would be two people.
    """
    parts = [reader.name for reader in iemocap.READERS if reader.name in paths]
    if len(parts) > 1:
        raise EdgeSerError(f"{' and '.join(parts)} share their speakers: take one of them")
    rows = []
    for name, path in paths.items():
        good, faults = readable(read(name, path), cache)
        name_faults(faults, cache.console)
        if not good:
            raise EdgeSerError(f"{path}: no file of {name} can be read")
        rows += good
    return rows


def readable(rows: Sequence[Row], cache: Cache) -> tuple[list[Row], dict[Path, str]]:
    """The rows whose audio can be decoded to its end, and why the other files cannot.

    Args:
        rows: the clips.
        cache: decodes in parallel what it has not heard yet, and remembers the outcome.

    Returns:
        The good rows, in their order; and the reason for each file of the others.
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
    """Why each row's audio cannot be used; empty where it can.

    Every clip is decoded to its end, once: the cache remembers the outcome.
    """
    wanted = [((clip_hash(row), "clean", "readable/1"), partial(_try, row)) for row in rows]
    return [str(arrays["fault"]) for arrays in cache.get(wanted, "readable/1, clean")]


def _try(row: Row) -> tuple[Arrays, float]:
    try:
        seconds = len(samples(row)) / SAMPLING_RATE
    except EdgeSerError as error:
        # without its name: the same bytes may lie elsewhere too
        fault = str(error).replace(str(row.path), "").lstrip(" :")
        return {"fault": np.array(fault)}, 0.0
    return {"fault": np.array("")}, seconds


def name_faults(faults: Mapping[Path, str], console: Console) -> None:
    """Prints the count of the unreadable files, and each with its reason; nothing if none is."""
    if not faults:
        return
    files = "file is" if len(faults) == 1 else "files are"
    console.print(f"{len(faults)} unreadable {files} left out:", soft_wrap=True)
    for path, fault in faults.items():
        console.print(f"  {path}: {fault}", soft_wrap=True, markup=False, highlight=False)
