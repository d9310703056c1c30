"""Values read back from matplotlib axes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from numpy.typing import NDArray


def points(axes: Axes) -> list[NDArray[np.float64]]:
    """Return the (n, 2) points of every line or dot with error bars."""
    return [xy(container.lines[0]) for container in _bars(axes)]


def colours(axes: Axes) -> list[str]:
    """Return the colour of each line or dot with error bars."""
    return [str(line.get_color()) for container in _bars(axes) if (line := container.lines[0])]


def bars(axes: Axes) -> list[NDArray[np.float64]]:
    """Return the (n, 2, 2) ends of the error bars of each; empty without error bars."""
    ends = []
    for container in _bars(axes):
        drawn = [segment for lines in container.lines[2] for segment in lines.get_segments()]
        ends.append(np.array(drawn, np.float64).reshape(-1, 2, 2))
    return ends


def xy(line: Line2D | None) -> NDArray[np.float64]:
    """Return the (n, 2) points of a line."""
    assert line is not None
    return np.asarray(line.get_xydata(), np.float64)


def ticks(axes: Axes) -> list[str]:
    """Return the tick labels of the x axis."""
    return [label.get_text() for label in axes.get_xticklabels()]


def _bars(axes: Axes) -> list[ErrorbarContainer]:
    return [found for found in axes.containers if isinstance(found, ErrorbarContainer)]
