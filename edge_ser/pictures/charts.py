"""Charts of an attribution: moments over time, groups of features, and the deletion curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.rows import Row
from edge_ser.pictures.svg import area, curve, line, picture, rectangle, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from edge_ser.pictures.axis import TimeAxis

_LARGEST = 0.05
"""Effects (log-odds) that are drawn at full length at least: less is nothing."""


def moments(
    axis: TimeAxis,
    times: NDArray[np.float64],
    step: float,
    drops: NDArray[np.float64],
    label: str,
    tips: Sequence[str],
    stretch: tuple[float, float] | None = None,
) -> Row:
    """Draw a bar a moment: up if it spoke for the label, down if against.

    Args:
        axis: of the times.
        times: (m,) middle of each moment.
        step: seconds of a moment.
        drops: (m,) how much each spoke for the label.
        label: the label.
        tips: what each says when it is pointed at.
        stretch: start and end of what is marked.
    """
    height = 84.0
    middle = height / 2
    scale = (middle - 4) / max(np.abs(drops).max(initial=0.0), _LARGEST)
    width = max(step * axis.scale - 1, 0.8)
    content = []
    if stretch:
        left, right = axis(stretch).tolist()
        content.append(rectangle(left, 0, right - left, height, "fill-ink faint"))
        content.append(words((left + right) / 2, -2, "counted most", "small", "middle"))
    content.append(line(axis.left, middle, axis.right, middle, "grid"))
    for x, drop, tip in zip(axis(times).tolist(), drops.tolist(), tips, strict=True):
        tall = max(abs(drop) * scale, 0.5)
        top, colour = (middle - tall, "blue") if drop >= 0 else (middle, "vermillion")
        content.append(rectangle(x - width / 2, top, width, tall, f"fill-{colour}", tip))
    content.append(words(axis.right + 6, 12, "for it", "small soft"))
    content.append(words(axis.right + 6, height - 4, "against it", "small soft"))
    return Row(f"spoke for\n{label}", height, content)


def group_bars(effects: Mapping[str, float], title: str, description: str) -> str:
    """Draw a bar a group: to the right if it spoke for the label, to the left if against.

    Args:
        effects: name of each group to how much it spoke for the label.
        title: as in :func:`edge_ser.pictures.svg.picture`.
        description: likewise.
    """
    left, side, tall = 100.0, 108.0, 26.0
    middle = left + side
    scale = (side - 8) / max([_LARGEST, *map(abs, effects.values())])
    bottom = 14 + tall * len(effects)
    content = [line(middle, 8, middle, bottom, "line-muted")]
    ranked = sorted(effects.items(), key=lambda item: -item[1])
    for i, (name, effect) in enumerate(ranked):
        y = 14 + i * tall
        long = max(abs(effect) * scale, 0.5)
        x, colour = (middle, "blue") if effect >= 0 else (middle - long, "vermillion")
        content.append(words(left - 10, y + 14, name, None, "end"))
        content.append(rectangle(x, y + 2, long, tall - 10, f"fill-{colour}"))
    content.append(words(middle - 8, bottom + 14, "← against it", "small soft", "end"))
    content.append(words(middle + 8, bottom + 14, "for it →", "small soft"))
    return picture(left + 2 * side, bottom + 22, title, description, content)


def deletion(
    shares: NDArray[np.float64],
    most: NDArray[np.float64],
    least: NDArray[np.float64],
    random: NDArray[np.float64],
    title: str,
    description: str,
) -> str:
    """Draw the probability of the label while more and more is left out, in three orders.

    Args:
        shares: (k,) of the moments that are left out.
        most: (k,) probabilities, the most important left out first.
        least: (k,) probabilities, the least important left out first.
        random: (k,) probabilities, in random order.
        title: as in :func:`edge_ser.pictures.svg.picture`.
        description: likewise.
    """
    left, top, wide, tall = 46.0, 12.0, 250.0, 180.0
    x = left + wide * shares

    def y(probability: NDArray[np.float64]) -> NDArray[np.float64]:
        return top + tall * (1 - probability)

    content = []
    for share in (0.0, 0.5, 1.0):
        level, place = top + tall * (1 - share), left + wide * share
        content.append(line(left, level, left + wide, level, "grid"))
        content.append(words(left - 8, level + 4, f"{100 * share:.0f} %", "small soft", "end"))
        below = "left out" if share == 0.5 else f"{100 * share:.0f} %"
        content.append(words(place, top + tall + 16, below, "small soft", "middle"))
    content.append(area(x, y(most), y(random), "fill-blue faint"))
    styles = (
        (least, "line-muted dotted", "least important first"),
        (random, "line-muted dashed", "in random order"),
        (most, "line-blue", "most important first"),
    )
    for i, (values, style, name) in enumerate(styles):
        content.append(curve(x, y(values), style))
        level = top + tall + 36 + 16 * i
        content.append(line(left, level - 4, left + 26, level - 4, style))
        content.append(words(left + 34, level, name, "small"))
    return picture(left + wide + 22, top + tall + 76, title, description, content)
