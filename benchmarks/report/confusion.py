"""Confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.rows import NORMALISATIONS, System
from report.confusion import draw_confusion
from report.page import Part, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


def confusion_matrices(systems: Sequence[System]) -> list[Part]:
    """Draw a picture per system, with a panel per corpus and normalisation, on clean clips."""
    caption = (
        "Clips of the test speakers, summed over folds and seeds: true emotion by row, predicted "
        "by column; the darker, the larger the share of its row."
    )
    panels: dict[str, list[Figure]] = {}
    for system in systems:
        for corpus in system.corpora:
            if (found := system.figures(corpus)) is not None:
                title = f"{corpus}, {NORMALISATIONS[system.normalisation]}"
                drawn = draw_confusion(np.array(found["confusion"]), title)
                panels.setdefault(system.title, []).append(drawn)
    return [Picture(title, caption, "GLAM paper, Fig. 2", own) for title, own in panels.items()]
