"""Colours safe for colour-blind readers, on white and on black, and the style sheet of pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS = {
    "paper": ("#ffffff", "#17181a"),
    "ink": ("#222222", "#e6e6e6"),
    "muted": ("#6e6e6e", "#a3a3a3"),
    "line": ("#d9d9d9", "#3d3f43"),
    "blue": ("#0072b2", "#4db2f0"),
    "sky": ("#3fa9e0", "#8fd3ff"),
    "green": ("#009e73", "#2ec99b"),
    "yellow": ("#dda800", "#f5d060"),
    "vermillion": ("#d55e00", "#f47a30"),
    "purple": ("#b8628f", "#e29cc0"),
    "brown": ("#8a5a2b", "#c99a6b"),
    "grey": ("#858585", "#9a9a9a"),
}
"""Name to colour on white and on black, after Okabe and Ito."""

EMOTIONS = {"angry": "vermillion", "happy": "yellow", "neutral": "grey", "sad": "blue"}
"""Name of the colour of each of :data:`edge_ser.events.LABELS`."""
_SPARE = ("green", "purple", "brown", "sky", "blue", "vermillion", "yellow", "grey")

_RULES = """\
text{font:12px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink)}
.small{font-size:10.5px}
.bold{font-weight:600}
.soft{fill:var(--muted)}
.grid{stroke:var(--line);stroke-width:1;fill:none}
.dashed{stroke-dasharray:5 3}
.dotted{stroke-dasharray:1.5 2.5}
.tint{fill-opacity:.28}
.faint{fill-opacity:.12}
"""
_VARIABLE = re.compile(r"var\(--(\w+)\)")


def colour_of(label: str, labels: Sequence[str]) -> str:
    """Return the name of the colour of one of a model's labels."""
    own = EMOTIONS.get(label)
    if own:
        return own
    known = {EMOTIONS[other] for other in labels if other in EMOTIONS}
    spare = [name for name in _SPARE if name not in known]
    others = [other for other in labels if other not in EMOTIONS]
    return spare[others.index(label) % len(spare)]


def variables() -> str:
    """Return the style sheet that sets a variable for each colour, for light and dark screens."""
    light, dark = (
        "".join(f"--{name}:{both[scheme]};" for name, both in COLOURS.items()) for scheme in (0, 1)
    )
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def rules() -> str:
    """Return the style sheet of pictures on a page that has :func:`variables`."""
    own = [
        f".fill-{name}{{fill:var(--{name})}}\n"
        f".line-{name}{{stroke:var(--{name});stroke-width:1.5;fill:none}}\n"
        for name in COLOURS
    ]
    return "".join([*own, _RULES])


def standalone(dark: bool = True) -> str:
    """Return the style sheet of a picture in a file of its own, without variables.

    Args:
        dark: whether to add colours for dark screens.
    """
    light = _with_colours(0)
    return f"{light}@media(prefers-color-scheme:dark){{\n{_with_colours(1)}}}\n" if dark else light


def _with_colours(scheme: int) -> str:
    return _VARIABLE.sub(lambda found: COLOURS[found[1]][scheme], rules())
