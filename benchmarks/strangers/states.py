"""Five states of knowledge about a speaker, over folds and over corpora left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.events import LABELS
from export.strangers import Judged, describe, predictions
from report.bootstrap import Estimate, by_speaker, estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from export.states import Answers
    from train.learning.data import Table

_HEARD = (1, 2, 4, 8, 16, 32, 64)
"""Bounds of the numbers of utterances heard before, for the curve."""


def measure(judged: Sequence[Judged], table: Table) -> dict[str, Any]:
    """Measure UA, its error and the confidence in every state, and UA by what was heard before."""
    figures = describe(judged, table)
    for state, figure in figures.items():
        parts = []
        for corpus in judged:
            answered = corpus.states[state]
            own = described(answered, table, corpus.corpus)
            figure["corpora"][corpus.corpus] |= own
            parts.append(estimate_of(own, corpus.corpus))
        figure["error"] = mean(parts).error
        figure["curve"] = _curve([corpus.states[state] for corpus in judged], table)
    return figures


def described(answered: Answers, table: Table, corpus: str) -> dict[str, Any]:
    """Return UA of one corpus with its error, and what it is estimated from."""
    predicted, labels = predictions(answered), table.labels[answered.rows]
    speakers = table.speakers[answered.rows]
    _, right, total = by_speaker(speakers, labels, predicted, len(LABELS))
    heard = float(np.mean(predicted >= 0))
    found = {"right": right.tolist(), "total": total.tolist(), "heard": heard}
    estimated = estimate_of(found, corpus)
    return {"ua": estimated.value, "error": estimated.error, **found}


def estimate_of(found: dict[str, Any], corpus: str) -> Estimate:
    """Estimate UA from what :func:`described` returned."""
    return estimate(np.array(found["right"]), np.array(found["total"]), corpus)


def mean(parts: Sequence[Estimate]) -> Estimate:
    """Average over corpora."""
    drawn = [part.resampled for part in parts if part.resampled is not None]
    return Estimate(float(np.mean([part.value for part in parts])), np.mean(drawn, axis=0))


def _curve(answered: Sequence[Answers], table: Table) -> list[tuple[float, float]]:
    """Return UA after so many utterances, the mean over the corpora that have as many."""
    points: list[tuple[float, float]] = []
    for low, high in zip((0, *_HEARD), (*_HEARD, 10_000), strict=True):
        values = []
        for one in answered:
            chosen = (one.before >= low) & (one.before < high)
            recall = _recall(predictions(one)[chosen], table.labels[one.rows[chosen]])
            if recall is not None:
                values.append(recall)
        if len(values) == len(answered):
            points.append((low, float(np.mean(values))))
    return points


def _recall(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float | None:
    """Return the mean recall; None where a label is missing."""
    parts = [predicted[labels == label] == label for label in range(len(LABELS))]
    return float(np.mean([part.mean() for part in parts])) if all(map(len, parts)) else None
