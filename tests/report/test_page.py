from __future__ import annotations

from html.parser import HTMLParser

from report.page import Note, Picture, Section, Table, render
from report.style import panel

VOID = {"meta", "link", "br", "img"}


class Outline(HTMLParser):
    """Parser that fails if tags do not match, and keeps attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_a_page() -> None:
    figure, axes = panel()
    axes.set_title("a <panel>")
    sections = [
        Section("One & two", [Note("a < b"), Table("told", ["x", "y"], [["<i>", "2"]], names=1)]),
        Section("Three", [Picture("seen", "by whom", "A paper, Fig. 1", [figure, figure])]),
    ]
    outline = Outline(render("Title <1>", ["first"], sections))
    text = " ".join(outline.words)
    for words in ("Title <1>", "One & two", "a < b", "<i>", "After the A paper, Fig. 1."):
        assert words in text
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("svg") == 2 and tags.count("h2") == 2 and "script" not in tags
    links = [attributes["href"] for tag, attributes in outline.tags if tag == "a"]
    identifiers = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert links == ["#section-0", "#section-1"]
    assert {link[1:] for link in links if link} <= set(identifiers)
    assert len(set(identifiers)) == len(identifiers)
    names = [a.get("class") for tag, a in outline.tags if a.get("scope") == "col"]
    assert names == ["name", None]
