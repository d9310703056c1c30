"""Learning curves of all systems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.learning_curves import draw_learning_curves
from report.page import Note, Part, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rows import System


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
    panels = [
        draw_learning_curves(
            system.label,
            [fit.history for fit in system.fits if fit.history],
            [fit.epochs for fit in system.fits if fit.epochs is not None],
        )
        for system in trained
    ]
    return [Picture("Loss and accuracy, epoch by epoch", caption, "CoGCN paper, Fig. 3", panels)]
