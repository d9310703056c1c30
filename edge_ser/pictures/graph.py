"""The cosine graph of an utterance: as a matrix, and as arcs over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.rows import Row
from edge_ser.pictures.svg import element, line, number, picture, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.pictures.axis import TimeAxis

_SIDE = 240.0
_SHADES = 4
MOST_ARCS = 150


def matrix(
    axis: TimeAxis, similarities: NDArray[np.float64], gamma: float, title: str, description: str
) -> str:
    """Draw the edges between all pairs of nodes, the darker the more similar they are.

    Args:
        axis: of the n nodes, whose whole length they share.
        similarities: (n, n) cosine similarities.
        gamma: the least similarity of an edge, γ.
        title: as in :func:`edge_ser.pictures.svg.picture`.
        description: likewise.
    """
    left, top, cell = 52.0, 12.0, _SIDE / len(similarities)
    content = [
        element("rect", x=left, y=top, width=_SIDE, height=_SIDE, class_="grid"),
    ]
    edges = np.where(similarities >= gamma, similarities, -1.0)
    np.fill_diagonal(edges, -1.0)
    bounds = np.linspace(gamma, 1.0, _SHADES + 1)
    bounds[-1] = 2.0
    for shade in range(_SHADES):
        runs = _runs((edges >= bounds[shade]) & (edges < bounds[shade + 1]))
        d = "".join(
            f"M{left + a * cell:.1f} {top + row * cell:.1f}h{(b - a) * cell:.1f}"
            f"v{cell:.1f}h-{(b - a) * cell:.1f}z"
            for row, a, b in runs
        )
        if d:
            opacity = (shade + 1) / _SHADES
            content.append(element("path", d=d, class_="fill-blue", fill_opacity=opacity))
    content.append(line(left, top, left + _SIDE, top + _SIDE, "line-muted dotted"))
    share = _SIDE / (axis.right - axis.left)
    for place, label in axis.ticks()[::2]:
        at = (place - axis.left) * share
        content.append(words(left + at, top + _SIDE + 16, label, "small soft", "middle"))
        content.append(words(left - 6, top + at + 4, label, "small soft", "end"))
    return picture(left + _SIDE + 20, top + _SIDE + 24, title, description, content)


def _runs(cells: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return (row, first column, column after the last) of cells that are next to each other."""
    n = len(cells)
    steps = np.diff(np.pad(cells.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    begins, ends = np.argwhere(steps == 1), np.argwhere(steps == -1)
    return [(int(r), int(a), int(b)) for (r, a), (_, b) in zip(begins, ends, strict=True) if n]


def arcs(
    axis: TimeAxis,
    times: NDArray[np.float64],
    similarities: NDArray[np.float64],
    gamma: float,
    apart: float,
) -> Row:
    """Draw edges as arcs over a line of nodes, those of the most similar nodes.

    Args:
        axis: of the times.
        times: (n,) middle of each node in seconds.
        similarities: (n, n) cosine similarities.
        gamma: the least similarity of an edge, γ.
        apart: seconds between two nodes that share no sound; only such edges are drawn.
    """
    height = 92.0
    first, second = far_edges(times, similarities, gamma, apart)
    x = axis(times)
    longest = max((x[second] - x[first]).max(initial=0.0), 1.0)
    d = []
    for a, b in zip(x[first].tolist(), x[second].tolist(), strict=True):
        tall = (height - 12) * (b - a) / longest
        middle = number((a + b) / 2)
        d.append(f"M{number(a)} {height - 6:g}Q{middle} {number(height - 6 - 2 * tall)} ")
        d.append(f"{number(b)} {height - 6:g}")
    content = []
    if d:
        content.append(element("path", d="".join(d), class_="line-blue", stroke_opacity=0.4))
    content.append(line(axis.left, height - 6, axis.right, height - 6, "grid"))
    content += [
        element("circle", cx=place, cy=height - 6, r=2.2, class_="fill-ink") for place in x.tolist()
    ]
    return Row("like\neach other", height, content)


def far_edges(
    times: NDArray[np.float64], similarities: NDArray[np.float64], gamma: float, apart: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the ends of the edges of nodes at least ``apart``, at most :data:`MOST_ARCS`."""
    first, second = np.nonzero(np.triu(similarities >= gamma, 1))
    far = times[second] - times[first] >= apart - 1e-6
    first, second = first[far], second[far]
    strongest = np.argsort(-similarities[first, second], kind="stable")[:MOST_ARCS]
    return first[strongest], second[strongest]
