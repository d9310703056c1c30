"""Rows above one another over one axis of time: waveform, curves, utterances, probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.axis import TimeAxis, clock
from edge_ser.pictures.style import colour_of
from edge_ser.pictures.svg import (
    CHARACTER,
    area,
    curve,
    element,
    group,
    line,
    picture,
    rectangle,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from edge_ser.events import EmotionEvent, Utterance

WIDTH = 960
_LEFT, _RIGHT = 104, 58  # margins, for names and values
_GAP = 14
_APART = 16.0  # CSS pixels a second from which windows are drawn as dots too
_FULL = 32_768.0


@dataclass(frozen=True)
class Row:
    """A row of a picture.

    Args:
        name: written before it; a line break makes two lines.
        height: in CSS pixels.
        content: elements, with y from 0 (top) to ``height``.
    """

    name: str
    height: float
    content: Sequence[str]


def time_axis(start: float, end: float) -> TimeAxis:
    """Return the axis on which rows are drawn."""
    return TimeAxis(start, max(end, start + 0.1), _LEFT, WIDTH - _RIGHT)


def stack(
    axis: TimeAxis, rows: Sequence[Row], title: str, description: str, heads: Sequence[str] = ()
) -> str:
    """Return a picture of rows, the first on top, with the axis of time below.

    Args:
        axis: that of all rows.
        rows: the rows.
        title: as in :func:`edge_ser.pictures.svg.picture`.
        description: likewise.
        heads: lines of text above the rows.
    """
    y = 8.0
    parts = []
    for i, head in enumerate(heads):
        y += 20
        parts.append(words(16, y, head, None if i else "bold"))
    y += 14 if heads else 6
    top = y
    drawn = []
    for row in rows:
        names = row.name.split("\n")
        middle = row.height / 2 + 4 - 7.5 * (len(names) - 1)
        named = [words(_LEFT - 10, middle + 15 * i, n, None, "end") for i, n in enumerate(names)]
        drawn.append(group([*named, *row.content], y=y))
        y += row.height + _GAP
    for place, label in axis.ticks():
        parts.append(line(place, top, place, y - 6, "grid"))
        parts.append(words(place, y + 8, label, "small soft", "middle"))
    return picture(WIDTH, y + 18, title, description, [*parts, *drawn])


def waveform(
    axis: TimeAxis,
    low: NDArray[np.int16],
    high: NDArray[np.int16],
    spoken: Sequence[tuple[float, float]] = (),
) -> Row:
    """Draw the outline of a signal, scaled to its loudest sample.

    Args:
        axis: over which (k,) bins of equal length are spread.
        low: (k,) lowest sample of each bin.
        high: (k,) highest.
        spoken: start and end of what is marked.
    """
    name, height = "signal", 64.0
    if not len(low):
        return Row(name, height, [])
    bins = min(len(low), round(axis.right - axis.left))
    starts = np.linspace(0, len(low), bins, endpoint=False).astype(int)
    lowest = np.minimum.reduceat(low, starts).astype(float)
    highest = np.maximum.reduceat(high, starts).astype(float)
    peak = max(highest.max(), -lowest.min(), 1.0)
    x = axis.left + (starts + 0.5) * (axis.right - axis.left) / len(low)
    scale, middle = 0.48 * height / peak, height / 2
    level = f"{round(20 * np.log10(peak / _FULL))} dBFS" if peak > 1 else "silent"
    places = [axis(part).tolist() for part in spoken]
    return Row(
        name,
        height,
        [
            *(rectangle(a, 0, b - a, height, "fill-blue faint") for a, b in places),
            line(axis.left, middle, axis.right, middle, "grid"),
            area(x, middle - scale * highest - 0.3, middle - scale * lowest + 0.3, "fill-ink"),
            words(axis.right + 6, 12, level, "small soft"),
        ],
    )


def trace(
    axis: TimeAxis,
    times: ArrayLike,
    values: ArrayLike,
    name: str,
    marks: Sequence[tuple[float, str]],
    transform: Callable[[NDArray[np.float64]], NDArray[np.float64]] = np.asarray,
    height: float = 48.0,
) -> Row:
    """Draw a curve, with gaps where it is NaN.

    Args:
        axis: of the times.
        times: (k,) seconds, ascending.
        values: (k,).
        name: of the row.
        marks: values that are labelled, and the labels; the first lies at the bottom, the last at
            the top.
        transform: from values to what is drawn in proportion, such as a logarithm.
        height: in CSS pixels.
    """
    bottom, top = (float(transform(np.asarray(marks[i][0], np.float64))) for i in (0, -1))

    def y(value: ArrayLike) -> NDArray[np.float64]:
        share = (transform(np.asarray(value, np.float64)) - bottom) / (top - bottom)
        return height * (1 - np.clip(share, 0, 1))

    content = []
    for value, label in marks:
        place = float(y(value))
        content.append(line(axis.left, place, axis.right, place, "grid"))
        if label:
            content.append(words(axis.right + 6, place + 4, label, "small soft"))
    x, means = axis.columns(times, values)
    content.append(curve(x, y(means), "line-ink"))
    return Row(name, height, content)


def lane(axis: TimeAxis, utterances: Sequence[Utterance], labels: Sequence[str], name: str) -> Row:
    """Draw a block an utterance, with its emotion as far as there is room."""
    height, content = 26.0, []
    for u in utterances:
        left, right = axis([u.start, u.end]).tolist()
        width = max(right - left, 1.0)
        likely = max(u.probabilities, key=u.probabilities.__getitem__)
        colour, share = colour_of(likely, labels), f"{100 * u.confidence:.0f} %"
        long = axis.end >= 120
        tip = f"{clock(u.start, long, False)} to {clock(u.end, long, False)}: "
        tip += f"{u.emotion}, {share}" if u.emotion else f"unsure; most likely {likely}, {share}"
        if u.emotion:
            content.append(rectangle(left, 0, width, height, f"fill-{colour} tint", tip))
            content.append(rectangle(left, height - 4, width, 4, f"fill-{colour}"))
        else:
            box = rectangle(left + 0.5, 0.5, width - 1, height - 1, "line-muted dashed", tip)
            content.append(box)
        said = u.emotion or "unsure"
        for text in (f"{said} {share}" if u.emotion else said, said, said[0] if u.emotion else "?"):
            if len(text) * CHARACTER < width:
                content.append(words((left + right) / 2, 16, text, None, "middle"))
                break
    return Row(name, height, content)


def strip(
    axis: TimeAxis,
    label: str,
    labels: Sequence[str],
    utterances: Sequence[Utterance],
    windows: Sequence[EmotionEvent] = (),
) -> Row:
    """Draw the probability of one label: a bar an utterance, a curve over windows.

    Args:
        axis: of the times.
        label: the label.
        labels: all of them.
        utterances: in order.
        windows: the answers while somebody spoke, each drawn at its end.
    """
    height, colour = 30.0, colour_of(label, labels)
    content = [line(axis.left, height, axis.right, height, "grid")]
    content.append(words(axis.right + 6, height + 4, "0 %", "small soft"))
    content.append(words(axis.right + 6, 8, "100 %", "small soft"))
    d = []
    for u in utterances:
        left, right = axis([u.start, u.end]).tolist()
        tall = height * u.probabilities[label]
        d.append((left, height - tall, max(right - left, 1.0), tall))
    bars = "".join(f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h-{w:.1f}z" for x, y, w, h in d)
    tops = "".join(f"M{x:.1f} {y:.1f}h{w:.1f}" for x, y, w, _ in d)
    if d:
        content.append(element("path", d=bars, class_=f"fill-{colour} tint"))
        content.append(element("path", d=tops, class_=f"line-{colour}"))
    if windows:
        content.append(_windows(axis, label, windows, height))
    return Row(label, height, content)


def _windows(axis: TimeAxis, label: str, windows: Sequence[EmotionEvent], height: float) -> str:
    """Draw a curve over windows, with a gap between two utterances, and a dot at each."""
    times, values, last = [], [], -np.inf
    for window in windows:
        if window.start >= last:  # another utterance
            times.append(window.end - 1e-6)
            values.append(np.nan)
        times.append(window.end)
        values.append(window.probabilities[label])
        last = window.end
    x, y = axis.columns(times, values)
    drawn = curve(x, height * (1 - y), "line-ink")
    if axis.scale > _APART:
        dots = (
            element("circle", cx=a, cy=b, r=1.8, class_="fill-ink")
            for a, b in zip(x.tolist(), (height * (1 - y)).tolist(), strict=True)
            if b == b
        )
        drawn += "".join(dots)
    return drawn
