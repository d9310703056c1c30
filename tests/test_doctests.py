"""The examples in docstrings say what comes out."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

from tests.virtual import ROOT

FILES = [
    file
    for part in ("edge_ser", "train", "export", "tools")
    for file in (ROOT / part).rglob("*.py")
]
MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for file in FILES
    if ">>> " in file.read_text(encoding="utf-8")
)
PAGES = [page for page in (ROOT / "docs").glob("*.md") if ">>> " in page.read_text()]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried > 0
    assert failed == 0


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_examples_of_the_documentation(page: Path) -> None:
    failed, tried = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert tried > 0
    assert failed == 0


def test_none_is_left_out() -> None:
    assert "edge_ser" in MODULES
    assert "python" in [page.stem for page in PAGES]
    assert not [file for file in FILES if "doctest: +SKIP" in file.read_text(encoding="utf-8")]
