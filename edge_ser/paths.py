"""Paths as users give them: of nothing, of anything, or too long to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    """Return what is there, for the functions of :mod:`stat`; 0 for nothing.

    :class:`~pathlib.Path` itself raises OSError where a name is too long.
    """
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0
