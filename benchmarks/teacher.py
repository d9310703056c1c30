"""Soft labels of a teacher, for clips that it was not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.card import Recipe
from export.states import answers
from export.strangers import recognizer_for
from train.conditions import augment
from train.learning.folds import fit_final
from train.learning.trained import Trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.config import Config
    from train.learning.data import Data, Table
    from train.protocol import Speaker

_PARTS = 3


def taught(table: Table, teacher: Config, data: Data, speakers: Sequence[Speaker]) -> Table:
    """Return ``table`` with a teacher's probabilities as the votes for the clips of ``speakers``.

    The speakers are divided in three; networks that were trained on two parts are asked about the
    third, whose speakers they come to know as they hear them: no label that a clip was trained
    with comes back as its soft label, and nobody but ``speakers`` takes part.

    Args:
        table: the rows.
        teacher: settings of the teacher.
        data: the rows for it.
        speakers: those whom the student is trained on.
    """
    votes = table.votes.copy()
    order = np.random.default_rng(0).permutation(len(speakers))
    (candidate,) = teacher.candidates()
    for part in range(_PARTS):
        asked = [speakers[i] for i in order[part::_PARTS]]
        others = [speaker for speaker in speakers if speaker not in asked]
        fitted, normalisation = fit_final(
            teacher, data, others, candidate, teacher.epochs, seed=part, device="cpu"
        )
        trained = Trained.of(teacher, fitted, normalisation)
        recognizer = recognizer_for(teacher, trained, Recipe("fp32"))
        own = data.table.rows_of(asked)
        answered = answers(recognizer, data.clips[augment.CLEAN], data.table, own, "mixed")
        for row, logits in zip(answered.rows, answered.logits, strict=True):
            if np.isfinite(logits).all():
                votes[row] = recognizer.softmax(logits)
    return replace(table, votes=votes)
