"""The picture of the live display."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edge_ser.events import LABELS
from tools import picture


@pytest.fixture(scope="module")
def drawn() -> str:
    return picture.draw()


def test_it_shows_bars_while_somebody_speaks(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)
    text = "\n".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("text"))
    text = text.replace("\xa0", " ")
    assert all(re.search(rf"^ {label} *$", text, re.M) for label in LABELS)
    assert "hearing" in text and "█" in text and "Ctrl-C ends" in text


@pytest.mark.parametrize("committed", [True, False])
def test_it_loads_nothing(committed: bool, drawn: str) -> None:
    svg = picture.OUTPUT.read_text(encoding="utf-8") if committed else drawn
    assert set(re.findall(r"https?://[^\"' ]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert "@font-face" not in svg and "@import" not in svg
    assert all(address.startswith("#") for address in re.findall(r"url\((.*?)\)", svg))


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: str) -> None:
    monkeypatch.setattr(picture, "OUTPUT", tmp_path / "listen.svg")
    assert picture.main() == 0
    assert picture.OUTPUT.read_text(encoding="utf-8") == drawn
