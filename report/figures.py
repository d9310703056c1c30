"""Table of the figures of a run, corpus by corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from export.calibration import BINS, Bin, expected_calibration_error, reliability
from report.bootstrap import Estimate, by_speaker, estimate, with_error
from report.page import Table
from train.metrics import NO_SPEECH, score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from report.scored import Scored

_CLIPS_A_BIN = 20
_FEWEST_BINS = 3


def figures_table(scored: Scored) -> Table:
    """Make the table of accuracy, recall and calibration on the test speakers."""
    labels = scored.labels
    rows = []
    for corpus, own in scored.by_corpus():
        found = score(scored.truth[own], scored.predictions[own], labels)
        recalls = [found["recall"].get(label) for label in labels]
        rows.append(
            [
                corpus,
                f"{found['clips']}",
                f"{len(np.unique(scored.speakers[own]))}",
                f"{100 * found['wa']:.1f}",
                with_error(ua(scored, corpus)),
                f"{100 * found['f1']:.1f}",
                *("" if recall is None else f"{100 * recall:.0f}" for recall in recalls),
                f"{100 * expected_calibration_error(bins_of(scored, own)):.1f}",
                f"{np.sum(scored.predictions[own] == NO_SPEECH)}",
            ]
        )
    caption = (
        "In percent. WA: share of right clips; UA: mean of the classes' recalls, ± its standard "
        "error by a bootstrap over speakers; F1: mean over the classes; the recall of each class; "
        "ECE: mean gap between confidence and accuracy; unheard: clips in which no speech was "
        "detected, which count as wrong."
    )
    head = ["corpus", "clips", "speakers", "WA", "UA", "F1", *labels, "ECE", "unheard"]
    return Table(caption, head, rows, names=1)


def ua(scored: Scored, corpus: str) -> Estimate:
    """Estimate UA on the test clips of a corpus."""
    own = scored.corpora == corpus
    _, right, total = by_speaker(
        scored.speakers[own], scored.truth[own], scored.predictions[own], len(scored.labels)
    )
    return estimate(right, total, corpus)


def bins_of(scored: Scored, own: NDArray[np.bool_]) -> list[Bin]:
    """Compare confidence with accuracy on the clips ``own`` (n,) in which speech was detected.

    There are as many bins as hold twenty clips each, from three to the usual number.
    """
    heard = own & (scored.predictions != NO_SPEECH)
    bins = min(max(int(heard.sum()) // _CLIPS_A_BIN, _FEWEST_BINS), BINS)
    return reliability(scored.probabilities[heard], scored.truth[heard], bins=bins)
