"""Paths as users give them: of nothing, of anything, or too long to be one."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def mode(path: Path) -> int:
    """Return what is there, for the functions of :mod:`stat`; 0 for nothing.

    :class:`~pathlib.Path` itself raises OSError where a name is too long.
    """
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def check_output(path: Path, inputs: Iterable[Path]) -> None:
    """Check that a file may be written before there is anything to write.

    Raises:
        EdgeSerError: it is one of ``inputs``, or its folder is missing or not ours.
    """
    try:
        if mode(path) and any(mode(file) and path.samefile(file) for file in inputs):
            raise EdgeSerError(f"{path} is to be read, not overwritten; choose another name")
        place = path if mode(path) else path.parent
        if stat.S_ISDIR(mode(path)):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(place, os.W_OK):
            code = errno.EACCES if mode(place) else errno.ENOENT
            raise OSError(code, os.strerror(code))
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> EdgeSerError:
    """Return what tells that a file cannot be written."""
    return EdgeSerError(f"cannot write {path} ({error.strerror}); choose another")


def write(path: Path, content: bytes) -> None:
    """Write a whole file.

    Raises:
        EdgeSerError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise cannot_write(path, error) from None
