"""UA of every speaker, and of all with its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.bootstrap import by_speaker, mean_recall, with_error
from report.figures import ua
from report.page import Picture
from report.style import colour, panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from report.bootstrap import Estimate
    from report.scored import Scored


def speakers_picture(scored: Scored) -> Picture:
    """Draw the UA of every test speaker, a panel per corpus, the worst at the bottom."""
    panels = []
    for corpus, own in scored.by_corpus():
        names, right, total = by_speaker(
            scored.speakers[own], scored.truth[own], scored.predictions[own], len(scored.labels)
        )
        short = [name.removeprefix(f"{corpus}/") for name in names]
        panels.append(draw(corpus, short, right, total, ua(scored, corpus)))
    caption = (
        "Mean recall over each speaker's clips, whose number is in brackets; bars: one standard "
        "error over these clips. The line is the UA of the corpus, its band one standard error "
        "over speakers: another set of speakers would give another line. Dotted: chance."
    )
    return Picture("UA by speaker", caption, "", panels)


def draw(
    corpus: str,
    names: list[str],
    right: NDArray[np.int64],
    total: NDArray[np.int64],
    whole: Estimate,
) -> Figure:
    """Draw one corpus.

    Args:
        corpus: its name.
        names: names of the S speakers.
        right: (S, C) correct clips per label.
        total: (S, C) clips per label.
        whole: UA of the corpus.
    """
    values, errors = mean_recall(right, total), standard_errors(right, total)
    order = np.argsort(-values, kind="stable")
    figure, axes = panel(3.4, 1.1 + 0.17 * max(len(names), 3))
    places = np.arange(len(names))
    axes.errorbar(
        100 * values[order],
        places,
        xerr=100 * errors[order],
        fmt="o",
        color=colour("blue"),
        elinewidth=1,
    )
    axes.axvline(100 * whole.value, color=colour("vermillion"), linewidth=1)
    if whole.error is not None:
        low, high = (100 * (whole.value + sign * whole.error) for sign in (-1, 1))
        axes.axvspan(low, high, color=colour("vermillion"), alpha=0.15, lw=0)
    axes.axvline(100 / right.shape[1], color=colour("muted"), linewidth=0.8, linestyle=":")
    axes.set_yticks(places, [f"{names[i]} ({total[i].sum()})" for i in order])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(-3, 103)
    axes.set_xlabel("UA (%)")
    axes.set_title(f"{corpus}: {with_error(whole)} %")
    return figure


def standard_errors(right: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (S,) standard errors of each speaker's mean recall, over the speaker's clips.

    Args:
        right: (S, C) correct clips per label.
        total: (S, C) clips per label.
    """
    clips = np.maximum(total, 1)
    recall = right / clips
    variance = np.where(total > 0, recall * (1 - recall) / clips, 0.0)
    return np.sqrt(variance.sum(axis=1)) / np.maximum((total > 0).sum(axis=1), 1)
