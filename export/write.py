"""Atomic writing of bundles."""

from __future__ import annotations

import ctypes
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from edge_ser.bundle import SUMS, sums
from edge_ser.errors import EdgeSerError
from edge_ser.paths import mode


def check_folder(output: Path) -> None:
    """Check that a bundle may be written to the folder ``output`` before there is one.

    Raises:
        EdgeSerError: it is a file, or holds files but no bundle.
    """
    if not mode(output):
        return
    if not output.is_dir():
        raise EdgeSerError(f"{output} is no folder; choose another --output")
    if not (output / SUMS).is_file() and any(output.iterdir()):
        raise EdgeSerError(f"{output} is not empty and holds no bundle; choose another --output")


def write_bundle(output: Path, card: dict[str, Any], files: dict[str, bytes]) -> None:
    """Write ``model.json``, the files and SHA256SUMS to the folder ``output``.

    An existing bundle is replaced; any other content is never overwritten. If the program is
    killed, ``output`` is the complete old bundle or the complete new one; where the system cannot
    exchange two folders atomically, it may also be missing.

    Raises:
        EdgeSerError: see :func:`check_folder`; or ``output`` cannot be written.
    """
    contents = {"model.json": (json.dumps(card, indent=1) + "\n").encode(), **files}
    contents[SUMS] = sums(contents)
    check_folder(output)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as folder:
            new = Path(folder) / "new"
            new.mkdir()
            for name, content in contents.items():
                with (new / name).open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            if not (output.exists() and _exchange(new, output)):
                if output.exists():
                    output.rename(Path(folder) / "old")
                new.rename(output)
    except OSError as error:
        raise EdgeSerError(f"cannot write {output}: {error}") from error


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders atomically; return False if the system or file system cannot."""
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    paths = os.fsencode(one), os.fsencode(other)
    return rename is not None and rename(here, paths[0], here, paths[1], exchange) == 0
