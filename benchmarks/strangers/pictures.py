"""Pictures for the page of ``python -m benchmarks.strangers``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(found: dict[str, dict[str, Any]], folder: Path) -> None:
    """Draw UA by what was heard, and accuracy by coverage and by confidence, as SVG files."""
    figure, axes = _axes("utterances heard before", "UA, %")
    for state in ("mixed", "mono", "life"):
        points = found["loco"][state]["curve"]
        axes.plot([max(x, 0.5) for x, _ in points], [100 * y for _, y in points], "o-", label=state)
    cold = 100 * found["loco"]["cold"]["ua"]
    axes.axhline(cold, color="grey", linestyle=":", label="cold")
    axes.axhline(25, color="grey", linewidth=0.8, label="chance")
    axes.set_xscale("log", base=2)
    _save(figure, axes, folder / "heard.svg")
    figure, axes = _axes("answered, %", "right, %")
    for state, figures in found["loco"].items():
        points = figures["coverage"]
        axes.plot([100 * x for x, _ in points], [100 * y for _, y in points], "o-", label=state)
    _save(figure, axes, folder / "coverage.svg")
    figure, axes = _axes("confidence, %", "right, %")
    for state, figures in found["loco"].items():
        bins = figures["reliability"]
        axes.plot([100 * x for _, x, _ in bins], [100 * y for _, _, y in bins], "o-", label=state)
    axes.plot([25, 100], [25, 100], color="grey", linestyle=":", label="as sure as right")
    _save(figure, axes, folder / "reliability.svg")


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(6, 3.5))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    return figure, axes


def _save(figure: Figure, axes: Axes, file: Path) -> None:
    axes.legend()
    figure.tight_layout()
    with plt.rc_context({"svg.hashsalt": "edge-ser"}):
        figure.savefig(file, metadata={"Date": None})
    plt.close(figure)
