"""HTML page of tables and pictures in one file without external resources."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.pictures import page
from report.svg import inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """Panels under one heading.

    Args:
        heading: short description.
        caption: what is shown, from which speakers.
        source: paper and figure that it follows, to stand after "the"; empty for none.
        panels: shown side by side as far as they fit.
    """

    heading: str
    caption: str
    source: str
    panels: Sequence[Figure]


@dataclass(frozen=True)
class Table:
    """A table of text.

    Args:
        caption: what is shown, from which speakers.
        head: headings of the columns.
        rows: cells of each row, as many as ``head``.
        names: number of leading columns that name the row.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int


@dataclass(frozen=True)
class Note:
    """A line of text, such as the reason why something is not shown."""

    text: str


@dataclass(frozen=True)
class Clip:
    """A clip that can be played from where it lies.

    Args:
        path: audio file.
        start: its beginning in the file, in seconds; None for the beginning of the file.
        end: its end in the file, in seconds; None for the end of the file.
        heading: what matters most about it.
        text: more about it.
    """

    path: Path
    start: float | None
    end: float | None
    heading: str
    text: str

    @property
    def address(self) -> str:
        """Address of the file, with the part of it that is to be played."""
        part = f"{self.start or 0:g}" if self.start is not None or self.end is not None else ""
        part += f",{self.end:g}" if self.end is not None else ""
        return self.path.absolute().as_uri() + (f"#t={part}" if part else "")


@dataclass(frozen=True)
class Clips:
    """A list of clips to play; the page holds their addresses, not their audio.

    Args:
        caption: what is shown, from which speakers.
        clips: the clips, in order.
    """

    caption: str
    clips: Sequence[Clip]


Part = Picture | Table | Note | Clips


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Args:
        title: heading, and entry in the table of contents.
        parts: its parts, in order.
    """

    title: str
    parts: list[Part] = field(default_factory=list)


def render(title: str, introduction: Sequence[str], sections: Sequence[Section]) -> str:
    """Render the page as HTML.

    Args:
        title: title of the page.
        introduction: paragraphs before the sections.
        sections: sections, in order.
    """
    numbers = itertools.count()
    paragraphs = [f"<p>{escape(text)}</p>" for text in introduction]
    contents = [
        f'<li><a href="#section-{i}">{escape(section.title)}</a></li>'
        for i, section in enumerate(sections)
    ]
    body = [
        *paragraphs,
        "<nav><ul>",
        *contents,
        "</ul></nav>",
    ]
    for i, section in enumerate(sections):
        body.append(f'<section><h2 id="section-{i}">{escape(section.title)}</h2>')
        body += [_part(part, numbers) for part in section.parts]
        body.append("</section>")
    rules = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return page.render(title, "\n".join(body), rules)


def write(output: Path, text: str) -> None:
    """Write a page.

    Raises:
        EdgeSerError: it cannot be written.
    """
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EdgeSerError(
            f"{output}: cannot be written ({error.strerror}); choose another --output"
        ) from error


def _part(part: Part, numbers: Iterator[int]) -> str:
    if isinstance(part, Note):
        return f'<p class="note">{escape(part.text)}</p>'
    if isinstance(part, Clips):
        return _clips(part)
    return _table(part) if isinstance(part, Table) else _picture(part, numbers)


def _clips(part: Clips) -> str:
    items = "\n".join(
        f'<li><audio controls preload="none" src="{escape(clip.address)}"></audio>'
        f"<p><strong>{escape(clip.heading)}</strong><br>{escape(clip.text)}</p></li>"
        for clip in part.clips
    )
    return f'<p class="note">{escape(part.caption)}</p>\n<ol class="clips">\n{items}\n</ol>'


def _picture(picture: Picture, numbers: Iterator[int]) -> str:
    panels = "\n".join(inline(panel, f"p{next(numbers)}") for panel in picture.panels)
    source = f" <cite>After the {escape(picture.source)}.</cite>" if picture.source else ""
    return (
        f'<figure><h3>{escape(picture.heading)}</h3><div class="panels">\n{panels}\n</div>'
        f"<figcaption>{escape(picture.caption)}{source}</figcaption></figure>"
    )


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_kind(i, table)}>{escape(text)}</th>' for i, text in enumerate(table.head)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(text)}</th>'
            if i == 0
            else f"<td{_kind(i, table)}>{escape(text)}</td>"
            for i, text in enumerate(cells)
        )
        + "</tr>"
        for cells in table.rows
    )
    return (
        f'<div class="scroll"><table><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _kind(column: int, table: Table) -> str:
    return ' class="name"' if column < table.names else ""
