"""Metrics per corpus; a clip in which no speech was detected counts as wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score

from edge_ser.events import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

NO_SPEECH = -1
"""Prediction for a clip in which no speech was detected."""
FIGURES = ("wa", "ua", "f1")
Scores = dict[str, Any]
"""Metrics of one corpus, see :func:`score`."""
Predictions = dict[str, dict[str, dict[str, str]]]
"""Corpus to speaker to true label to predicted labels, one :func:`initial` per clip, in order."""


def initial(prediction: int) -> str:
    """Return the first letter of a predicted label; ``-`` for :data:`NO_SPEECH`."""
    return "-" if prediction == NO_SPEECH else LABELS[prediction][0]


def score(
    labels: NDArray[np.int64], predictions: NDArray[np.int64], names: Sequence[str] = LABELS
) -> Scores:
    """Compute the metrics of (n,) true and predicted class indices, n ≥ 1.

    Args:
        labels: (n,) true classes.
        predictions: (n,) predicted classes, or :data:`NO_SPEECH`.
        names: names of the classes.

    Returns:
        ``wa``: weighted accuracy, the share of correct clips. ``ua``: unweighted accuracy, the
        mean recall. ``f1``: macro F1. ``recall``: label to recall, for the labels that occur.
        ``confusion``: rows are true labels; columns are predicted labels and, last, no speech.
        ``clips``: n.
    """
    classes = np.arange(len(names))
    confusion = confusion_matrix(labels, predictions, labels=[*classes, NO_SPEECH])[:-1]
    present = np.flatnonzero(confusion.sum(axis=1))
    recall = confusion[present, present] / confusion[present].sum(axis=1)
    return {
        "clips": len(labels),
        "wa": float(np.mean(labels == predictions)),
        "ua": float(recall.mean()),
        "f1": float(f1_score(labels, predictions, labels=present, average="macro")),
        "recall": dict(zip([names[c] for c in present.tolist()], recall.tolist(), strict=True)),
        "confusion": confusion.tolist(),
    }


def score_corpora(
    corpora: NDArray[np.str_],
    labels: NDArray[np.int64],
    predictions: NDArray[np.int64],
    names: Sequence[str] = LABELS,
) -> dict[str, Scores]:
    """Apply :func:`score` to each corpus of (n,) clips."""
    return {
        str(corpus): score(labels[corpora == corpus], predictions[corpora == corpus], names)
        for corpus in np.unique(corpora)
    }


def mean_ua(scores: dict[str, Scores]) -> float:
    """Average UA over the corpora; validation chooses by it."""
    return float(np.mean([corpus["ua"] for corpus in scores.values()]))


def aggregate(scores: Sequence[Scores], names: Sequence[str] = LABELS) -> Scores:
    """Aggregate the metrics of one corpus over folds and seeds.

    Args:
        scores: of :func:`score`.
        names: names of the classes.

    Returns:
        ``wa``, ``ua``, ``f1`` and each label's ``recall`` as ``{"mean", "sd"}`` (population
        standard deviation), the sum of ``confusion``, and the number of ``scores``.
    """
    recalls = {
        label: [s["recall"][label] for s in scores if label in s["recall"]] for label in names
    }
    return {
        **{figure: _spread([s[figure] for s in scores]) for figure in FIGURES},
        "recall": {label: _spread(values) for label, values in recalls.items() if values},
        "confusion": np.sum([s["confusion"] for s in scores], axis=0).tolist(),
        "scores": len(scores),
    }


def percent(spread: Mapping[str, float] | None) -> str:
    """Format ``mean ± sd`` in percent; ``–`` for the sd of one score, empty for None."""
    if spread is None:
        return ""
    sd = f"{100 * spread['sd']:.1f}" if spread["scores"] > 1 else "–"
    return f"{100 * spread['mean']:.1f} ± {sd}"


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"mean": float(np.mean(values)), "sd": float(np.std(values))}
