"""Damaged bundles give clean errors, and the fuzzer would notice if they did not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.fuzz import bundles
from edge_ser.errors import EdgeSerError

CASES = 400
"""A fiftieth of what `make fuzz` runs."""


def test_damaged_bundles_load_or_are_refused_in_one_line() -> None:
    report = bundles.fuzz(CASES, os.cpu_count() or 1, Console(stderr=True))
    assert report["defects"] == []
    assert sum(row["refused"] + row["answers"] for row in report["rows"]) == CASES
    for row in report["rows"]:
        assert row["refused"] > 0
        assert row["sealed"] or row["answers"] == 0, "damage that no hash has seen"


@pytest.mark.parametrize(
    "error", [ValueError("no"), EdgeSerError("two\nlines"), MemoryError(), RecursionError()]
)
def test_anything_else_is_a_defect(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(bundles, "load", fails)
    assert bundles.run_case(5, tmp_path / "bundle")["outcome"] not in ("answers", "refused")


def test_a_case_that_kills_its_process_is_a_defect_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import os, sys; from benchmarks.fuzz import bundles; run = bundles.run_case; "
        "bundles.run_case = lambda n, f: os.abort() if n == 2 else run(n, f); bundles.main()"
    )
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nshift 2\nexec "{bundles.sys.executable}" -c "{code}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(bundles.sys, "executable", str(wrapper))
    found = bundles.run_cases(0, 4)
    assert [case["case"] for case in found] == [0, 1, 2, 3]
    assert [case["outcome"] in ("answers", "refused") for case in found] == [
        True,
        True,
        False,
        True,
    ]
    assert "ends with -6" in found[2]["outcome"]
