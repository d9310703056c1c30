"""Confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report.page import Part, Picture
from benchmarks.report.style import panel
from benchmarks.rows import NORMALISATIONS, System
from edge_ser.events import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_ON_DARK, _ON_LIGHT = "#fefefe", "#10202e"  # fixed on a dark page too, as are the cells


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


def draw_confusion(counts: np.ndarray, title: str) -> Figure:
    """Draw one matrix.

    Args:
        counts: (C, C + 1); the last column counts clips in which no speech was detected, and is
            left out if it is empty.
        title: title of the panel.
    """
    columns = [*LABELS, "no speech"]
    if not counts[:, -1].any():
        counts, columns = counts[:, :-1], columns[:-1]
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    figure, axes = panel(2.9, 2.5)
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column + 0.5,
            row + 0.5,
            f"{count:d}",
            ha="center",
            va="center",
            color=_ON_DARK if shares[row, column] > 0.5 else _ON_LIGHT,
        )
    axes.set_xticks(np.arange(len(columns)) + 0.5, columns, rotation=30, ha="right")
    axes.set_yticks(np.arange(len(LABELS)) + 0.5, LABELS)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(title)
    return figure
