"""Cost of listening with each backend, as measured by `edge-ser bench`.

    python -m benchmarks.speed

Times are of the machine named in the table and vary from run to run; compare the ratio of the whole
listen path to bare feature streaming, measured in one run.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import RESULTS
from edge_ser.bundle import bundled

TITLES = {
    "listen_processor": "whole listen path, CPU s per s of audio",
    "features_processor": "bare feature streaming, CPU s per s of audio",
    "ratio": "listen path / feature streaming",
    "relative": "whole listen path / that of cogcn in NumPy",
    "utterance_1s": "an utterance of 1 s decided, ms",
    "utterance_3s": "an utterance of 3 s decided, ms",
    "utterance_8s": "an utterance of 8 s decided, ms",
    "decision_p50": "a decision (graph and model), p50, ms",
    "decision_p95": "a decision, p95, ms",
    "start_up": "start-up until the model is loaded, s",
    "peak_memory": "peak memory (RSS) of listening, MB",
}


def measure() -> dict[str, Any]:
    """Measure every backend of the bundled models, each in its own process."""
    figures: dict[str, dict[str, float]] = {}
    for bundle in bundled():
        for backend in bundle.backends:
            measured = bench(bundle.name, backend)
            measured["ratio"] = measured["listen_processor"] / measured["features_processor"]
            figures[f"{bundle.name}, {backend}"] = measured
    least = figures["cogcn, numpy"]["listen_processor"]
    for measured in figures.values():
        measured["relative"] = measured["listen_processor"] / least
    return {
        "command": "python -m benchmarks.speed",
        **machine("numpy", "onnxruntime", "ai-edge-litert", "opensmile"),
        "figures": figures,
    }


def bench(model: str, backend: str) -> dict[str, float]:
    """Run `edge-ser bench`; return its results, name to value.

    Args:
        model: name of a bundled model, or folder of another.
        backend: backend to measure.
    """
    command = [sys.executable, "-m", "edge_ser", "bench", "--model", model, "--backend", backend]
    lines = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True).stdout
    return {figure["name"]: figure["value"] for figure in map(json.loads, lines.splitlines())}


def machine(*packages: str) -> dict[str, Any]:
    """Describe this machine and the versions of Python and ``packages``."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.machine()}",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in packages},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    figures = report["figures"]
    versions = ", ".join(f"{name} {number}" for name, number in report["versions"].items())
    lines = [
        "# Speed",
        "",
        f"The bundled models on the demo clip; {report['machine']}; {versions}.",
        "",
        f"| | {' | '.join(figures)} |",
        f"|---|{'---|' * len(figures)}",
        *(
            f"| {title} | {' | '.join(_cell(own, name) for own in figures.values())} |"
            for name, title in TITLES.items()
        ),
        "",
        f"Made by `{report['command']}`.",
        "",
    ]
    return "\n".join(lines)


def _cell(figures: dict[str, float], name: str) -> str:
    return f"{figures[name]:.3g}" if name in figures else ""


def main() -> None:
    """Measure, and write ``results/speed.json`` and ``results/speed.md``."""
    report = measure()
    (RESULTS / "speed.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "speed.md").write_text(table(report))


if __name__ == "__main__":
    main()
