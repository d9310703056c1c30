"""Damaged bundles, audio and command lines give clean errors, and defects are detected."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.fuzz import bundles, cases, inputs, pipes
from edge_ser.errors import EdgeSerError
from tests.benchmarks import impatient

BUNDLES, INPUTS = 100, 250
"""One of two hundred cases of `make fuzz`."""


def test_damaged_bundles_load_or_are_refused_in_one_line() -> None:
    report = cases.fuzz(impatient.SUITE, BUNDLES, os.cpu_count() or 1, Console(stderr=True))
    assert report["defects"] == []
    assert sum(row["refused"] + row["answers"] for row in report["rows"]) == BUNDLES
    for row in report["rows"]:
        assert row["refused"] > 0
        sealed = row["kind"].endswith("recomputed")
        assert sealed or row["answers"] == 0, "damage that no hash has seen"


def test_damaged_audio_and_senseless_command_lines_give_a_result_or_an_error() -> None:
    report = cases.fuzz(inputs.SUITE, INPUTS, os.cpu_count() or 1, Console(stderr=True))
    assert report["defects"] == []
    assert len(report["rows"]) == 7
    *audio, lines = report["rows"]
    assert all(row["result"] + row["error"] > 0 for row in audio)
    assert sum(row["error"] for row in audio) > 25
    assert lines["usage"] > 50
    assert lines["result"] + lines["error"] > 2


def test_what_is_written_while_it_is_read(tmp_path: Path) -> None:
    outcomes = [(pipes.kind(case), pipes.run(case, tmp_path)) for case in range(120)]
    assert {outcome for _, outcome in outcomes} <= set(pipes.SUITE.clean)
    for kind in pipes.KINDS:
        assert (kind, "exact") in outcomes
    assert (pipes.KINDS[2], "other") in outcomes
    assert (pipes.KINDS[2], "error") in outcomes


@pytest.mark.parametrize(
    "error", [ValueError("no"), EdgeSerError("two\nlines"), MemoryError(), RecursionError()]
)
def test_anything_else_is_a_defect(
    error: Exception, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(bundles, "load", fails)
    assert bundles.run(5, tmp_path) not in bundles.SUITE.clean


@pytest.mark.parametrize(
    ("code", "out", "err", "outcome"),
    [
        (0, '{"a": 1}\n', "listening\n", "result"),
        (1, "", "edge-ser: error: no\n", "error"),
        (2, "", "usage\nerror: no\n", "usage"),
        (0, "no json\n", "", "no JSON"),
        (0, "", "edge-ser: error: no\n", "exit 0"),
        (1, "", "\n", "exit 1"),
        (1, "", "a\nedge-ser: error: no\n", "other lines"),
        (3, "", "", "exit 3"),
        (1, "", "Traceback (most recent call last):\nerror: x\n", "a traceback"),
    ],
)
def test_what_a_command_may_do(
    monkeypatch: pytest.MonkeyPatch, code: int, out: str, err: str, outcome: str
) -> None:
    def command(_: list[str]) -> int:
        sys.stdout.write(out)
        sys.stderr.write(err)
        return code

    monkeypatch.setattr(inputs, "main", command)
    assert inputs._outcome(["classify", "--json"]).startswith(outcome)


def test_a_case_that_kills_its_process_is_a_defect_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    code = (
        "import os, sys; from dataclasses import replace; "
        "from benchmarks.fuzz import bundles, cases; run = bundles.run; "
        "suite = replace(bundles.SUITE, run=lambda n, f: os.abort() if n == 2 else run(n, f)); "
        "cases.main(suite, None, 4)"
    )
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" -c "{code}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(wrapper))
    found = cases.run_cases(bundles.SUITE, 0, 4)
    assert [case["case"] for case in found] == [0, 1, 2, 3]
    clean = [case["outcome"] in bundles.SUITE.clean for case in found]
    assert clean == [True, True, False, True]
    assert "ends with -6" in found[2]["outcome"]
