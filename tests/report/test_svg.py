from __future__ import annotations

import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from report.style import colour, panel
from report.svg import inline


def drawn() -> Figure:
    figure, axes = panel(3.0, 2.0)
    axes.plot([1, 2], [3, 4], color=colour("blue"))
    axes.fill_between([1, 2], [3, 4], color="#123456")
    axes.set_title('loss < 1 & "all"')
    axes.set_xlabel("time (s)")
    return figure


def test_text_stays_text_and_colours_follow_the_page() -> None:
    text = inline(drawn(), "p1")
    assert ">time (s)</text>" in text
    assert "stroke: var(--blue)" in text
    assert "var(--ink)" in text
    assert "#0072b2" not in text
    assert "fill: #123456" in text  # not a colour of the style
    assert "<style" not in text and "<metadata" not in text


def test_an_element_of_its_own() -> None:
    text = inline(drawn(), "p1")
    root = ElementTree.fromstring(text.replace("<svg ", '<svg xmlns:xlink="x" ', 1))
    assert root.attrib["viewBox"] == "0 0 216 144"
    assert root.attrib["aria-label"] == 'loss < 1 & "all"'
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    used = re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', text)
    assert used and set(used) <= set(identifiers)
    assert len(set(identifiers)) == len(identifiers)


def test_figures_of_one_page_share_no_identifier() -> None:
    first, second = (
        set(re.findall(r'\bid="([^"]+)"', inline(drawn(), prefix))) for prefix in ("p1", "p2")
    )
    assert first and not first & second


def test_the_same_text_each_time() -> None:
    assert inline(drawn(), "p1") == inline(drawn(), "p1")
