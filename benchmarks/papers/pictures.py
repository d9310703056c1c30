"""Pictures of UA against noise and silence, one per kind of disturbance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report.noise import disturbed, draw_panels
from report.style import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import System


def draw(systems: Sequence[System], folder: Path) -> None:
    """Write ``noise.svg``, ``pink.svg``, …; the same rows give the same bytes.

    Args:
        systems: all systems; those tested with noise or silence are drawn.
        folder: folder for the pictures.
    """
    with drawing():
        for kind, figure in draw_panels(disturbed(systems)).items():
            # unlike the page, Markdown may be shown on a dark background: draw a white one
            figure.savefig(folder / f"{kind}.svg", facecolor="white", metadata={"Date": None})
