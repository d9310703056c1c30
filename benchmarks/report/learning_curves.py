"""Learning curves of all systems."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report.page import Note, Part, Picture
from benchmarks.report.style import colour, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from benchmarks.rows import System

_TRAINING, _VALIDATION = colour("vermillion"), colour("blue")


def learning_curves(systems: Sequence[System]) -> list[Part]:
    """Draw loss (top) and accuracy (bottom) on training and validation, one panel per system."""
    trained = [system for system in systems if any(fit.history for fit in system.fits)]
    if not trained:
        return [Note("No learning curves: none of the rows has a history of epochs.")]
    caption = (
        "Cross-entropy, and accuracy in training beside UA on the validation speakers, whose "
        "epoch is kept (dotted: the median). Mean over folds and seeds, shaded ± one standard "
        "deviation, as long as half of them were still training. The training figures are those "
        "of the epoch while it is learnt from, with dropout and, where a paper has them, mixup and "
        "the loss of all stages. Training and validation speakers; no test speaker."
    )
    panels = [_panel(system) for system in trained]
    return [Picture("Loss and accuracy, epoch by epoch", caption, "CoGCN paper, Fig. 3", panels)]


def _panel(system: System) -> Figure:
    figure, (loss, accuracy) = stacked(1, 1)
    histories = [fit.history for fit in system.fits if fit.history]
    for axes, training, validation, scale in (
        (loss, "loss", "validation_loss", 1.0),
        (accuracy, "accuracy", "validation_ua", 100.0),
    ):
        for key, name, hue in (
            (training, "training", _TRAINING),
            (validation, "validation", _VALIDATION),
        ):
            curves = [[epoch[key] for epoch in history] for history in histories]
            if not any(value is None for curve in curves for value in curve):
                _draw(axes, mean_curve(curves) * scale, name, hue)
        axes.axvline(
            statistics.median(fit.epochs for fit in system.fits if fit.epochs is not None),
            color=colour("muted"),
            linewidth=0.8,
            linestyle=":",
        )
    loss.set_title(system.label)
    loss.set_ylabel("cross-entropy (nats)")
    loss.set_ylim(bottom=0)
    loss.legend(loc="best")
    accuracy.set_ylabel("accuracy, UA (%)")
    accuracy.set_ylim(0, 100)
    accuracy.set_xlabel("epoch")
    return figure


def mean_curve(curves: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Compute (2, E), mean and standard deviation of each epoch over the curves that reach it.

    E is the last epoch that at least half of the curves reach.
    """
    lengths = sorted((len(curve) for curve in curves), reverse=True)
    epochs = lengths[(len(lengths) - 1) // 2]
    padded = np.full((len(curves), epochs), np.nan)
    for row, curve in zip(padded, curves, strict=True):
        row[: len(curve)] = curve[:epochs]
    return np.stack([np.nanmean(padded, axis=0), np.nanstd(padded, axis=0)])


def _draw(axes: Axes, curve: NDArray[np.float64], name: str, hue: str) -> None:
    mean, deviation = curve
    epochs = np.arange(1, len(mean) + 1)
    axes.plot(epochs, mean, color=hue, label=name)
    axes.fill_between(epochs, mean - deviation, mean + deviation, color=hue, alpha=0.2, lw=0)
