"""The examples in docstrings say what comes out."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

from tests.virtual import ROOT

FILES = [file for part in ("edge_ser", "train", "export") for file in (ROOT / part).rglob("*.py")]
MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for file in FILES
    if ">>> " in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, tried = doctest.testmod(import_module(name))
    assert tried > 0
    assert failed == 0


def test_none_is_left_out() -> None:
    assert "edge_ser" in MODULES
    assert not [file for file in FILES if "doctest: +SKIP" in file.read_text(encoding="utf-8")]
