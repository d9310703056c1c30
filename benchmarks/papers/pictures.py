"""UA against noise and silence, a picture a kind of disturbance."""

from __future__ import annotations

from pathlib import Path

from train.report import results
from train.report.noise import disturbed, draw_panels
from train.report.style import drawing


def draw(folder: Path) -> None:
    """Writes them as ``noise.svg``, ``pink.svg``, …, the same bytes for the same rows.

    Args:
        folder: of the rows, and for the pictures.
    """
    with drawing():
        for kind, figure in draw_panels(disturbed(results.read(folder))).items():
            # unlike the page, which has its own: a white ground, to be read on a dark one too
            figure.savefig(folder / f"{kind}.svg", facecolor="white", metadata={"Date": None})
