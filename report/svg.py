"""Inline SVG of matplotlib figures: text stays text, and colours follow the page."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from edge_ser.pictures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = {light: f"var(--{name})" for name, (light, _) in COLOURS.items()}
_COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}\b")
_IDENTIFIER = re.compile(r'(\bid="|xlink:href="#|url\(#)')
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)  # page.css has it
_OPENING = re.compile(r"<svg\b.*?>", re.DOTALL)
_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def inline(figure: Figure, prefix: str) -> str:
    """Render a figure as an ``<svg>`` element; the same figure always gives the same text.

    Args:
        figure: drawn within :func:`report.style.drawing`, which must still be active.
            The titles of its axes become its label for screen readers.
        prefix: prefix of every identifier in it, unique on the page.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_NOTHING)
    whole = buffer.getvalue()
    whole = _STYLE.sub("", whole[whole.index("<svg") :])
    whole = _COLOUR.sub(lambda found: _NAMES.get(found[0], found[0]), whole)
    whole = _IDENTIFIER.sub(rf"\g<1>{prefix}-", whole)
    width, height = figure.get_size_inches() * 72
    titles = (axes.get_title(loc="left") for axes in figure.axes)
    label = escape("; ".join(title for title in titles if title), quote=True)
    opening = (
        f'<svg role="img" aria-label="{label}" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}">'
    )
    return _OPENING.sub(lambda _: opening, whole, count=1).strip()
