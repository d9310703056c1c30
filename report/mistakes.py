"""The clips that a run gets wrong, to be listened to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.page import Clip, Clips, Note, Part
from train.metrics import NO_SPEECH

if TYPE_CHECKING:
    from report.scored import Scored

SHOWN = 100
"""The most clips on the page."""


def mistakes(scored: Scored) -> Part:
    """List the wrongly classified test clips, the surest first."""
    wrong = np.flatnonzero(scored.predictions != scored.truth)
    if not len(wrong):
        return Note(f"None of the {len(scored.rows)} test clips is wrong.")
    confidence = scored.probabilities.max(axis=1)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:SHOWN]
    which = f"the surest {SHOWN}" if len(wrong) > SHOWN else "the surest first"
    caption = (
        f"{len(wrong)} of {len(scored.rows)} test clips are wrong; here are {which}. A sure "
        "mistake is often a clip with another emotion than its label says. Audio is played from "
        "where it lies: this page holds no copy, and plays it on this machine only."
    )
    return Clips(caption, [_clip(scored, place) for place in order.tolist()])


def _clip(scored: Scored, place: int) -> Clip:
    row = scored.run.rows[scored.rows[place]]
    labels, scores = scored.labels, scored.probabilities[place]
    predicted = int(scored.predictions[place])
    if predicted == NO_SPEECH:
        told, rest = "no speech detected", ""
    else:
        told = f"heard as {labels[predicted]}, {100 * scores[predicted]:.0f} % sure"
        others = [i for i in np.argsort(-scores).tolist() if i != predicted]
        rest = ", ".join(f"{labels[i]} {100 * scores[i]:.0f} %" for i in others) + "; "
    where = f"{row.corpus}, speaker {row.speaker}, {row.path.name}"
    spoken = f": “{row.text}”" if row.text else ""
    return Clip(row.path, row.start, row.end, f"{row.emotion}, {told}", f"{rest}{where}{spoken}")
