"""Style of the pictures: colours safe for colour-blind readers, small panels, no decoration."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

from edge_ser.events import LABELS
from edge_ser.pictures import style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes


def colour(name: str) -> str:
    """Return a colour on white, in which pictures are drawn."""
    return style.COLOURS[name][0]


EMOTIONS = {
    emotion: (colour(style.EMOTIONS[emotion]), marker)
    for emotion, marker in zip(LABELS, "^osv", strict=True)
}
"""Colour and marker of each of :data:`edge_ser.events.LABELS`."""

VOICING = {
    "no voice": (colour("vermillion"), "x"),
    "partial": (colour("grey"), "s"),
    "full": (colour("blue"), "o"),
}
"""Colour and marker as in the CoGCN paper's Fig. 1, made safe for colour-blind readers."""

SYSTEMS = {
    "cogcn": (colour("blue"), "o"),
    "tgcn": (colour("sky"), "s"),
    "bigru": (colour("purple"), "^"),
    "wma-gin": (colour("green"), "D"),
    "ga-gru": (colour("yellow"), "v"),
    "rlc": (colour("vermillion"), "P"),
    "glam": (colour("brown"), "X"),
    "svm": (colour("ink"), "<"),
    "svm-rbf": (colour("muted"), ">"),
    "dnn": (colour("grey"), "p"),
}
"""Colour and marker of each system."""
OTHER = (colour("muted"), "*")
"""Colour and marker of any other system."""

_SETTINGS: Any = {  # matplotlib's own type lists every setting
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.color": colour("line"),
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.5,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "text.color": colour("ink"),
    "axes.labelcolor": colour("ink"),
    "axes.edgecolor": colour("muted"),
    "xtick.color": colour("muted"),
    "ytick.color": colour("muted"),
    "xtick.labelcolor": colour("ink"),
    "ytick.labelcolor": colour("ink"),
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "edge-ser",
}


@contextmanager
def drawing() -> Iterator[None]:
    """Let matplotlib draw and write SVG in this style within the context."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def panel(width: float = 3.3, height: float = 2.6) -> tuple[Figure, Axes]:
    """Make a figure with one set of axes, in inches; no window is ever opened."""
    figure = Figure((width, height), layout="constrained")
    return figure, figure.add_subplot()


def stacked(*heights: float, width: float = 3.3, height: float = 3.4) -> tuple[Figure, list[Axes]]:
    """Make a figure of stacked axes that share their x axis, in proportion to ``heights``."""
    figure = Figure((width, height), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    return figure, list(axes)


def same_height(figures: Sequence[Figure]) -> None:
    """Give the first axes of all figures the same y limits, to make panels comparable."""
    limits = [figure.axes[0].get_ylim() for figure in figures]
    for figure in figures:
        figure.axes[0].set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
