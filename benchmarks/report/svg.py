"""A matplotlib figure as SVG inside an HTML page: text stays text, colours follow the page."""

from __future__ import annotations

import io
import re
from html import escape

from matplotlib.figure import Figure

from benchmarks.report.style import COLOURS

_NAMES = {light: f"var(--{name})" for name, (light, _) in COLOURS.items()}
_COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}\b")
_IDENTIFIER = re.compile(r'(\bid="|xlink:href="#|url\(#)')
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)  # the page has it once
_OPENING = re.compile(r"<svg\b.*?>", re.DOTALL)
_NOTHING = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def inline(figure: Figure, prefix: str) -> str:
    """The ``<svg>`` element of a figure, the same text for the same figure each time.

    Args:
        figure: drawn within :func:`benchmarks.report.style.drawing`, and handed over within it. The
            titles of its axes are what it is called for those who cannot see it.
        prefix: of every identifier in it: unlike those of the other figures of the page.
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
