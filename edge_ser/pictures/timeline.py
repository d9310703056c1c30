"""The timeline of a classified recording, as SVG, PNG or HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.paths import write
from edge_ser.pictures import page
from edge_ser.pictures.axis import clock
from edge_ser.pictures.rows import lane, stack, strip, time_axis
from edge_ser.pictures.style import rules
from edge_ser.pictures.svg import in_file

if TYPE_CHECKING:
    from pathlib import Path

    from edge_ser.events import Classification

SUFFIXES = (".html", ".svg", ".png")


def draw(classification: Classification, duration: float, name: str) -> str:
    """Draw what was heard over time: utterances, and the probability of each emotion.

    Args:
        classification: of the recording.
        duration: of the recording in seconds; at least to the end of the last utterance is drawn.
        name: of the recording.

    Returns:
        SVG for a page that has the style sheet, see :func:`edge_ser.pictures.svg.in_file`.
    """
    found = classification.utterances
    axis = time_axis(0.0, max([duration, *(u.end for u in found)]))
    labels = list(classification.probabilities or {})
    rows = [lane(axis, found, labels, "heard")]
    rows += [strip(axis, label, labels, found) for label in labels]
    return stack(
        axis,
        rows,
        f"What was heard in {name}",
        describe(classification),
        [name, verdict(classification)],
    )


def verdict(classification: Classification) -> str:
    """Return in words what was heard in all, such as ``angry, 52 %, over 3 utterances``."""
    count = len(classification.utterances)
    if classification.confidence is None:
        return "no speech was heard"
    over = f"over {count} utterances" if count > 1 else "in one utterance"
    if classification.emotion is None:
        return f"unsure {over}"
    return f"{classification.emotion}, {100 * classification.confidence:.0f} %, {over}"


def describe(classification: Classification, most: int = 20) -> str:
    """Return in words what a timeline shows, for those who cannot see it."""
    found = classification.utterances
    if not found:
        return "No speech was heard."
    long = found[-1].end >= 120
    told = [
        f"{clock(u.start, long, False)} to {clock(u.end, long, False)}: "
        + (f"{u.emotion}, {100 * u.confidence:.0f} %" if u.emotion else "unsure")
        for u in found[:most]
    ]
    rest = [f"and {len(found) - most} more"] if len(found) > most else []
    return "; ".join([*told, *rest]) + "."


def save(path: Path, classification: Classification, duration: float, name: str) -> None:
    """Write a timeline, in the format that the suffix of the file names.

    Args:
        path: a file that ends in .html, .svg or .png.
        classification: as in :func:`draw`.
        duration: likewise.
        name: likewise.

    Raises:
        EdgeSerError: another suffix, a file that cannot be written, or, for PNG, no resvg-py.
    """
    suffix = check(path)
    svg = draw(classification, duration, name)
    if suffix == ".html":
        body = f'<div class="scroll">{svg}</div>\n{page.utterance_table(classification)}'
        content = page.render(f"What was heard in {name}", body, rules()).encode()
    elif suffix == ".svg":
        content = in_file(svg).encode()
    else:
        from edge_ser.pictures.png import rasterise

        content = rasterise(svg)
    write(path, content)


def check(path: Path) -> str:
    """Return the suffix of a file for a timeline, in lower case.

    Raises:
        EdgeSerError: it is none that can be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise EdgeSerError(
            f"{path} is no {', '.join(SUFFIXES[:2])} or {SUFFIXES[2]} file; name one"
        )
    return suffix
