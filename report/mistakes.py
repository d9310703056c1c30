"""The clips that a run gets wrong, to be listened to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.page import Clip, Clips, Note, Part
from train.metrics import NO_SPEECH

if TYPE_CHECKING:
    from report.tested import Tested

SHOWN = 100
"""The most clips on the page."""


def mistakes(tested: Tested) -> Part:
    """List the wrongly classified test clips, the surest first."""
    wrong = np.flatnonzero(tested.predictions != tested.truth)
    if not len(wrong):
        return Note(f"None of the {len(tested.rows)} test clips is wrong.")
    confidence = tested.probabilities.max(axis=1)
    order = wrong[np.argsort(-confidence[wrong], kind="stable")][:SHOWN]
    which = f"the surest {SHOWN}" if len(wrong) > SHOWN else "the surest first"
    caption = (
        f"{len(wrong)} of {len(tested.rows)} test clips are wrong; here are {which}. A sure "
        "mistake is often a clip with another emotion than its label says. Audio is played from "
        "where it lies: this page holds no copy, and plays it on this machine only."
    )
    return Clips(caption, [_clip(tested, place) for place in order.tolist()])


def _clip(tested: Tested, place: int) -> Clip:
    row = tested.run.rows[tested.rows[place]]
    labels, scores = tested.labels, tested.probabilities[place]
    predicted = int(tested.predictions[place])
    if predicted == NO_SPEECH:
        told, rest = "no speech detected", ""
    else:
        told = f"heard as {labels[predicted]}, {100 * scores[predicted]:.0f} % sure"
        others = [i for i in np.argsort(-scores).tolist() if i != predicted]
        rest = ", ".join(f"{labels[i]} {100 * scores[i]:.0f} %" for i in others) + "; "
    where = f"{row.corpus}, speaker {row.speaker}, {row.path.name}"
    spoken = f": “{row.text}”" if row.text else ""
    return Clip(row.path, row.start, row.end, f"{row.emotion}, {told}", f"{rest}{where}{spoken}")
