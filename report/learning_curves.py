"""Picture of learning curves."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from report.style import colour, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_TRAINING, _VALIDATION = colour("vermillion"), colour("blue")


def draw_learning_curves(
    title: str, histories: Sequence[Sequence[Mapping[str, Any]]], kept: Sequence[int]
) -> Figure:
    """Draw loss (top) and accuracy (bottom) on training and validation.

    Args:
        title: title of the panel.
        histories: of each fit, an entry per epoch with the keys of
            :class:`train.learning.trained.Epoch`; the mean is drawn.
        kept: the epochs whose weights were kept; a line marks the median.
    """
    figure, (loss, accuracy) = stacked(1, 1)
    for axes, training, validation, scale in (
        (loss, "loss", "validation_loss", 1.0),
        (accuracy, "accuracy", "validation_ua", 100.0),
    ):
        for key, name, hue, line in (
            (training, "training", _TRAINING, "-"),
            (validation, "validation", _VALIDATION, "--"),
        ):
            curves = [[epoch[key] for epoch in history] for history in histories]
            if not any(value is None for curve in curves for value in curve):
                _draw(axes, mean_curve(curves) * scale, name, hue, line)
        axes.axvline(statistics.median(kept), color=colour("muted"), linewidth=0.8, linestyle=":")
    loss.set_title(title)
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


def _draw(axes: Axes, curve: NDArray[np.float64], name: str, hue: str, line: str) -> None:
    mean, deviation = curve
    epochs = np.arange(1, len(mean) + 1)
    axes.plot(epochs, mean, line, color=hue, label=name)
    axes.fill_between(epochs, mean - deviation, mean + deviation, color=hue, alpha=0.2, lw=0)
