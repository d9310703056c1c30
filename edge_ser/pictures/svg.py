"""SVG as text: elements, numbers, lines, and whole pictures that say what they show."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.style import standalone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

CHARACTER = 6.8
"""Width of a character of 12 px, on average, for what must not overlap."""


def plain(text: str) -> str:
    """Escape text for SVG and HTML; what XML cannot hold becomes a replacement character."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def number(value: float) -> str:
    """Format a coordinate with at most one decimal."""
    return f"{round(float(value), 1) + 0.0:g}"  # + 0.0: no -0


def element(tag: str, content: str = "", /, **attributes: object) -> str:
    """Return an element; ``class_`` means class, other underscores hyphens.

    Args:
        tag: its name.
        content: elements, or text that :func:`plain` has escaped.
        attributes: numbers, or text, which is escaped.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{given}>{content}</{tag}>" if content else f"<{tag}{given}/>"


def _attribute(value: object) -> str:
    return number(value) if isinstance(value, int | float) else plain(str(value))


def words(
    x: float, y: float, text: str, class_: str | None = None, anchor: str | None = None
) -> str:
    """Return a line of text; ``anchor``: start, middle or end."""
    return element("text", plain(text), x=x, y=y, class_=class_, text_anchor=anchor)


def rectangle(x: float, y: float, width: float, height: float, class_: str, tip: str = "") -> str:
    """Return a rectangle, with a tip that a browser shows when it is pointed at."""
    content = element("title", plain(tip)) if tip else ""
    return element("rect", content, x=x, y=y, width=width, height=height, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def curve(x: ArrayLike, y: ArrayLike, class_: str) -> str:
    """Return a line through the points (k,), with gaps where ``y`` is NaN."""
    parts, joined = [], False
    for a, b in zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True):
        if b == b:
            parts.append(f"{'L' if joined else 'M'}{number(a)} {number(b)}")
        joined = b == b
    return element("path", d="".join(parts), class_=class_) if parts else ""


def area(x: ArrayLike, low: ArrayLike, high: ArrayLike, class_: str) -> str:
    """Return what lies between two lines over the same points (k,)."""
    x, low, high = (np.asarray(values) for values in (x, low, high))
    points = zip(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]]), strict=True)
    d = "L".join(f"{number(a)} {number(b)}" for a, b in points)
    return element("path", d=f"M{d}Z", class_=class_) if d else ""


def group(content: Iterable[str], x: float = 0.0, y: float = 0.0) -> str:
    """Return elements moved by (x, y)."""
    return element("g", "".join(content), transform=f"translate({number(x)} {number(y)})")


def picture(
    width: float, height: float, title: str, description: str, content: Iterable[str]
) -> str:
    """Return a whole picture, for a page that has the style sheet.

    Args:
        width: in CSS pixels.
        height: likewise.
        title: what it is.
        description: what is to be seen, for those who cannot.
        content: elements.
    """
    told = element("title", plain(title)) + element("desc", plain(description))
    return element(
        "svg",
        told + "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        width=width,
        height=height,
        viewBox=f"0 0 {number(width)} {number(height)}",
    )


def in_file(svg: str, dark: bool = True) -> str:
    """Return a picture for a file of its own: with its style sheet, on a background.

    Args:
        svg: what :func:`picture` returned.
        dark: whether it is to be dark on dark screens.
    """
    head, description, tail = svg.partition("</desc>")
    background = element("rect", width="100%", height="100%", class_="fill-paper")
    return "".join([head, description, element("style", standalone(dark)), background, tail, "\n"])
