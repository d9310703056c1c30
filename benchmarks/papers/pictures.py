"""UA against noise and silence, a picture a kind of disturbance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.report.noise import disturbed, draw_panels
from benchmarks.report.style import drawing
from benchmarks.rows import System


def draw(systems: Sequence[System], folder: Path) -> None:
    """Writes them as ``noise.svg``, ``pink.svg``, …, the same bytes for the same rows.

    Args:
        systems: of which some were heard in noise or silence.
        folder: for the pictures.
    """
    with drawing():
        for kind, figure in draw_panels(disturbed(systems)).items():
            # unlike the page, which has its own: a white ground, to be read on a dark one too
            figure.savefig(folder / f"{kind}.svg", facecolor="white", metadata={"Date": None})
