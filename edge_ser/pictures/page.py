"""HTML pages in one file, which request nothing."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from edge_ser.pictures.axis import clock
from edge_ser.pictures.style import variables
from edge_ser.pictures.svg import plain

if TYPE_CHECKING:
    from edge_ser.events import Classification

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src file:"
_UNIT = re.compile(r"(?<=\d) (?=%|s\b)")
MOST = 300
"""Rows of a table of utterances."""


def render(title: str, body: str, style: str = "") -> str:
    """Return a page.

    Args:
        title: its title and first heading.
        body: HTML of what follows.
        style: CSS besides that of all pages.
    """
    css = variables() + files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',  # keeps the browser from requesting one
            f"<title>{plain(title)}</title>",
            f"<style>{css}{style}</style></head>",
            f"<body><main>\n<h1>{plain(title)}</h1>",
            body,
            "</main></body></html>",
            "",
        ]
    )


def prose(text: str) -> str:
    """Escape sentences, in which no line ends between a number and its unit."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", plain(text))


def utterance_table(classification: Classification) -> str:
    """Return a table of the utterances, with the probability of each emotion."""
    found = classification.utterances
    if not found:
        return "<p>No speech was heard.</p>"
    labels = list(found[0].probabilities)
    heads = ("from", "to", "heard", *(f"{label}, %" for label in labels))
    head = "".join(f'<th scope="col">{plain(text)}</th>' for text in heads)
    long = found[-1].end >= 120
    rows = []
    for u in found[:MOST]:
        cells = [clock(u.end, long, False), u.emotion or "unsure"]
        cells += [f"{100 * u.probabilities[label]:.0f}" for label in labels]
        data = "".join(f"<td>{plain(cell)}</td>" for cell in cells)
        rows.append(f'<tr><th scope="row">{plain(clock(u.start, long, False))}</th>{data}</tr>')
    rest = f" The first {MOST} of {len(found)}." if len(found) > MOST else ""
    return (
        f'<div class="scroll"><table><caption>Each utterance, and how likely each emotion is in '
        f"it.{rest}</caption><thead><tr>{head}</tr></thead>\n<tbody>"
        + "\n".join(rows)
        + "</tbody></table></div>"
    )
