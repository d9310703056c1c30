"""Reliability diagram: how sure answers are, and how often they are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export.calibration import expected_calibration_error
from report.figures import bins_of
from report.page import Picture
from report.style import colour, panel
from train.metrics import NO_SPEECH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from export.calibration import Bin
    from report.scored import Scored


def reliability_picture(scored: Scored) -> Picture:
    """Draw accuracy against confidence, a panel per corpus."""
    panels = []
    for corpus, own in scored.by_corpus():
        heard = own & (scored.predictions != NO_SPEECH)
        if heard.any():
            panels.append(draw(corpus, bins_of(scored, own), int(heard.sum()), len(scored.labels)))
    caption = (
        "Test clips sorted by confidence, in bins of equally many; each point is one bin, its bar "
        "one standard error over the bin's clips. Below the dotted line a network is surer than it "
        "is right. The logits are as trained; export divides them by a temperature if it is given "
        "a run that leaves whole corpora out (--strangers)."
    )
    return Picture("Reliability", caption, "", panels)


def draw(corpus: str, bins: Sequence[Bin], clips: int, classes: int) -> Figure:
    """Draw the diagram of one corpus.

    Args:
        corpus: its name.
        bins: its bins.
        clips: number of clips in all bins.
        classes: number of classes, whose inverse is the least confidence.
    """
    figure, axes = panel(3.3, 3.3)
    least = 100 / classes
    axes.plot([least, 100], [least, 100], ":", color=colour("muted"), label="as sure as right")
    sure, right = (100 * np.array(values) for values in list(zip(*bins, strict=True))[1:])
    counts = np.array([one.mass for one in bins]) * clips
    axes.errorbar(
        sure,
        right,
        yerr=np.sqrt(right * (100 - right) / counts),
        fmt="-o",
        color=colour("blue"),
        elinewidth=1,
        label="this run",
    )
    axes.set_xlim(least - 3, 103)
    axes.set_ylim(-3, 103)
    axes.set_xlabel("confidence (%)")
    axes.set_ylabel("right (%)")
    axes.set_title(f"{corpus}: ECE {100 * expected_calibration_error(bins):.1f} %, {clips} clips")
    axes.legend(loc="lower right")
    return figure
