"""The table of exports, and its values in the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import RESULTS
from benchmarks.exports import PRECISIONS, SYSTEMS, table

PAGE = Path(__file__).parents[2] / "docs" / "export.md"


def report(**formats: float) -> dict[str, Any]:
    """Make a report of formats with their UA; ONNX has failed."""
    cost = {"decision_p50": 1.26, "decision_p95": 2.0, "peak_memory": 50.4}
    own = {"bytes": 34_567, "largest_logit_change": 0.1, "bench": cost}
    return {
        "machine": "here",
        "folds": [0],
        "parameters": 1000,
        "failures": {"onnx": {"reason": "no such operator", "versions": "onnx 0"}},
        "runtimes": {"trained": {"ua": 60.0}} | {k: {"ua": ua, **own} for k, ua in formats.items()},
    }


def test_a_line_a_system_and_a_line_a_format() -> None:
    lines = table({"cogcn-int8": report(npz=59.96, tflite=59.86)}).splitlines()
    size = "35 KB, 1.3 ms, 50 MB"
    assert f"| CoGCN | int8 | 60.0 → 59.9 | {size} | – | {size} |" in lines
    assert "| cogcn | int8 | 1,000 | onnx | no such operator |" + "  |" * 7 in lines
    full = "34,567 | 0 | 60.00 | 59.86 | 0.1000 | 1.26 | 2.00 | 50.4"
    assert f"| cogcn | int8 | 1,000 | tflite | {full} |" in lines


def test_the_documentation_quotes_what_was_measured() -> None:
    names = [f"{system}-{precision}" for system in SYSTEMS for precision in PRECISIONS]
    reports = {n: json.loads((RESULTS / "exports" / f"{n}.json").read_text()) for n in names}
    measured = (RESULTS / "exports.md").read_text()
    assert measured == table(reports)
    quoted = [line for line in PAGE.read_text().splitlines() if " KB, " in line]
    assert len(quoted) == len(names)
    assert set(quoted) <= set(measured.splitlines())
