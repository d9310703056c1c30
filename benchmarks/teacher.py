"""Soft labels of a teacher, for clips that it was not trained on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from export.calibration import probabilities
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
_NETWORKS = 3


def taught(
    table: Table,
    speakers: Sequence[Speaker],
    teacher: Config,
    data: Data,
    temperature: float = 1.0,
) -> Table:
    """Return ``table`` with a teacher's probabilities as the votes for the clips of ``speakers``.

    The speakers are divided in three; an ensemble that was trained on two parts is asked about the
    third, whose speakers it comes to know as it hears them: no label that a clip was trained with
    comes back as its soft label, and nobody but ``speakers`` takes part.

    Args:
        table: the rows.
        speakers: those whom the student is trained on.
        teacher: settings of the teacher.
        data: the rows for it.
        temperature: the logits are divided by it.
    """
    votes = table.votes.copy()
    order = np.random.default_rng(0).permutation(len(speakers))
    (candidate,) = teacher.candidates()
    clips = data.clips[augment.CLEAN]
    for part in range(_PARTS):
        asked = [speakers[i] for i in order[part::_PARTS]]
        others = [speaker for speaker in speakers if speaker not in asked]
        own = data.table.rows_of(asked)
        answered = []
        for seed in range(_NETWORKS):
            fitted, normalisation = fit_final(
                teacher, data, others, candidate, teacher.epochs, seed=seed, device="cpu"
            )
            trained = Trained.of(teacher, fitted, normalisation)
            recognizer = recognizer_for(teacher, trained, Recipe("fp32"))
            # every network hears the same clips in the same order
            answered.append(answers(recognizer, clips, data.table, own, "mixed"))
        found = np.mean([probabilities(one.logits, temperature) for one in answered], axis=0)
        known = np.isfinite(found).all(axis=1)
        votes[answered[0].rows[known]] = found[known]
    return replace(table, votes=votes)
