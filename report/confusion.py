"""Picture of a confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.events import LABELS
from report.style import panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_ON_DARK, _ON_LIGHT = "#fefefe", "#10202e"  # fixed on a dark page too, as are the cells
_CELL = 0.4
"""Inches that each class more than the usual four takes."""


def draw_confusion(counts: NDArray[np.int64], title: str, labels: Sequence[str] = LABELS) -> Figure:
    """Draw one matrix.

    Args:
        counts: (C, C + 1); the last column counts clips in which no speech was detected, and is
            left out if it is empty.
        title: title of the panel.
        labels: the C classes.
    """
    columns = [*labels, "no speech"]
    if not counts[:, -1].any():
        counts, columns = counts[:, :-1], columns[:-1]
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    more = _CELL * (len(labels) - len(LABELS))
    figure, axes = panel(2.9 + more, 2.5 + more)
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
    axes.set_yticks(np.arange(len(labels)) + 0.5, labels)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(title)
    return figure
