"""The cosine graph of an utterance: as a matrix, and as arcs over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.rows import Row, time_axis
from edge_ser.pictures.svg import element, line, number, picture, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.pictures.axis import TimeAxis

_SIDE = 240.0
_SHADES = 4
MOST_ARCS = 150


@dataclass(frozen=True)
class Graph:
    """The graph of one window.

    Args:
        times: (n,) middle of each node in seconds.
        step: seconds between two nodes.
        frame: seconds that a node looks at.
        similarities: (n, n) cosine similarities.
        gamma: the least similarity of an edge, γ.
    """

    times: NDArray[np.float64]
    step: float
    frame: float
    similarities: NDArray[np.float64]
    gamma: float

    @property
    def edges(self) -> int:
        """Number of edges, without self-loops."""
        return int(np.triu(self.similarities >= self.gamma, 1).sum())

    def far_edges(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return both ends of the edges of nodes that share no sound.

        Of these, the :data:`MOST_ARCS` of the most similar nodes.
        """
        first, second = np.nonzero(np.triu(self.similarities >= self.gamma, 1))
        far = self.times[second] - self.times[first] >= self.frame - 1e-6
        first, second = first[far], second[far]
        strongest = np.argsort(-self.similarities[first, second], kind="stable")[:MOST_ARCS]
        return first[strongest], second[strongest]


def matrix(graph: Graph, title: str, description: str) -> str:
    """Draw the edges between all pairs of nodes, the darker the more similar they are.

    Args:
        graph: the graph.
        title: as in :func:`edge_ser.pictures.svg.picture`.
        description: likewise.
    """
    left, top, cell = 46.0, 12.0, _SIDE / len(graph.times)
    content = [element("rect", x=left, y=top, width=_SIDE, height=_SIDE, class_="grid")]
    edges = np.where(graph.similarities >= graph.gamma, graph.similarities, -1.0)
    np.fill_diagonal(edges, -1.0)
    bounds = [*np.linspace(graph.gamma, 1.0, _SHADES + 1)[:-1], np.inf]
    for shade in range(_SHADES):
        d = "".join(
            f"M{left + a * cell:.1f} {top + row * cell:.1f}h{(b - a) * cell:.1f}"
            f"v{cell:.1f}h-{(b - a) * cell:.1f}z"
            for row, a, b in _runs((edges >= bounds[shade]) & (edges < bounds[shade + 1]))
        )
        if d:
            opacity = f"{(shade + 1) / _SHADES:g}"
            content.append(element("path", d=d, class_="fill-blue", fill_opacity=opacity))
    content.append(line(left, top, left + _SIDE, top + _SIDE, "line-muted dotted"))
    half = graph.step / 2
    axis = time_axis(float(graph.times[0]) - half, float(graph.times[-1]) + half)
    share = _SIDE / (axis.right - axis.left)
    for place, label in axis.ticks()[::2]:
        at = (place - axis.left) * share
        content.append(words(left + at, top + _SIDE + 16, label, "small soft", "middle"))
        content.append(words(left - 6, top + at + 4, label, "small soft", "end"))
    return picture(left + _SIDE + 24, top + _SIDE + 24, title, description, content)


def _runs(cells: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return (row, first column, column after the last) of cells that are next to each other."""
    steps = np.diff(np.pad(cells.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    begins, ends = np.argwhere(steps == 1).tolist(), np.argwhere(steps == -1).tolist()
    return [(row, a, b) for (row, a), (_, b) in zip(begins, ends, strict=True)]


def arcs(axis: TimeAxis, graph: Graph) -> Row:
    """Draw edges as arcs over a line of nodes, see :meth:`Graph.far_edges`."""
    height, ground = 92.0, 86.0
    first, second = graph.far_edges()
    x = axis(graph.times)
    longest = float((x[second] - x[first]).max(initial=1.0))
    d = []
    for a, b in zip(x[first].tolist(), x[second].tolist(), strict=True):
        top = ground - 2 * (ground - 6) * (b - a) / longest  # a parabola's peak is half as high
        d.append(f"M{number(a)} {ground:g}Q{number((a + b) / 2)} {number(top)} ")
        d.append(f"{number(b)} {ground:g}")
    content = [line(axis.left, ground, axis.right, ground, "grid")]
    if d:
        content.append(element("path", d="".join(d), class_="line-blue", stroke_opacity="0.4"))
    radius = min(2.2, 0.3 * graph.step * axis.scale)
    content += [
        element("circle", cx=place, cy=ground, r=radius, class_="fill-ink") for place in x.tolist()
    ]
    return Row("like\neach other", height, content)
