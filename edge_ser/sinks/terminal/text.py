"""Pieces of text: bars, and what fits on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from rich.console import ConsoleOptions


class Glyphs(NamedTuple):
    """Characters of a terminal.

    Args:
        full: a cell of a bar.
        half: the left half of it.
        hatched: a cell of a bar that means little.
        silence: a cell of a timeline in which nobody speaks.
    """

    full: str
    half: str
    hatched: str
    silence: str


# the Linux console has no finer blocks
_BLOCKS = Glyphs("█", "▌", "▒", "·")
_ASCII = Glyphs("#", "", ":", ".")


def glyphs(options: ConsoleOptions) -> Glyphs:
    """Return the characters that a terminal can show."""
    return _ASCII if options.ascii_only else _BLOCKS


def bar(share: float, width: int, glyphs: Glyphs, hatched: bool = False) -> str:
    """Return ``width`` cells, of which ``share``, from 0 to 1, is filled; the others are blank."""
    width = max(width, 0)
    halves = round(2 * width * min(max(share, 0.0), 1.0))
    full = glyphs.hatched if hatched else glyphs.full
    half = (full if hatched else glyphs.half) * (halves % 2)
    return f"{full * (halves // 2) + half:{width}}"


def fitting(width: int, *candidates: str) -> str:
    """Return the first candidate that fits into ``width`` cells; else the last one, cut."""
    return next((c for c in candidates if cell_len(c) <= width), cut(candidates[-1], width))


def cut(text: str, width: int) -> str:
    """Return ``text`` in exactly ``width`` cells."""
    return set_cell_size(text, max(width, 0))


def duration(seconds: float) -> str:
    """Format ``16 s``, ``12 min 18 s`` or ``3 h 2 min``."""
    whole = round(seconds)
    minutes, hours = whole // 60, whole // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def scale(seconds: int) -> str:
    """Format ``10 s``, ``2 min``, ``6 h`` or ``1 d``."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
