"""Calibration: a temperature that makes confidence mean what it says, and how well it does.

One temperature for all logits (Guo et al. 2017, On calibration of modern neural networks), fitted
on speakers of corpora that took no part in training: on speakers of the same studios a network is
far surer than among strangers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BINS = 15
_RANGE = (0.1, 20.0)


def fit_temperature(
    logits: NDArray[np.float64], labels: NDArray[np.int64], weights: NDArray[np.float64]
) -> float:
    """Find the temperature with the least cross-entropy.

    Args:
        logits: (n, C).
        labels: (n,) true classes.
        weights: (n,) weight of each answer.
    """

    def loss(logarithm: float) -> float:
        scores = log_softmax(logits / np.exp(logarithm), axis=1)
        return float(-np.average(scores[np.arange(len(labels)), labels], weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=np.log(_RANGE), method="bounded").x))


def probabilities(logits: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the (n, C) probabilities of (n, C) logits."""
    return softmax(logits / temperature, axis=1)


def threshold(scores: NDArray[np.float64], weights: NDArray[np.float64], answered: float) -> float:
    """Return the confidence that this share of the answers reaches.

    Args:
        scores: (n, C) probabilities.
        weights: (n,) weight of each answer.
        answered: share, 0 to 1.
    """
    confidence = scores.max(axis=1)
    order = np.argsort(confidence)
    below = np.cumsum(weights[order]) / weights.sum()
    first = np.searchsorted(below, 1 - answered, side="right")
    return float(confidence[order][min(first, len(order) - 1)])


class Bin(NamedTuple):
    """Answers of similar confidence: their share of all, mean confidence, and how many are right.

    All three are 0 to 1.
    """

    mass: float
    confidence: float
    accuracy: float


def reliability(
    scores: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
    bins: int = BINS,
) -> list[Bin]:
    """Compare confidence with accuracy, in bins of equal mass.

    Equal-mass bins (Nguyen and O'Connor 2015) leave no bin nearly empty.

    Args:
        scores: (n, C) probabilities.
        labels: (n,) true classes.
        weights: (n,) weight of each answer; all alike by default.
        bins: number of bins.

    Returns:
        The bins that have answers, the least sure first.
    """
    confidence = scores.max(axis=1)
    right = scores.argmax(axis=1) == labels
    mass = np.ones(len(labels)) if weights is None else weights
    mass = mass / mass.sum()
    order = np.argsort(confidence, kind="stable")
    middle = np.cumsum(mass[order]) - mass[order] / 2
    places = np.empty(len(labels), np.int64)
    places[order] = np.minimum(bins * middle, bins - 1).astype(int)
    found = []
    for place in np.unique(places):
        own = mass * (places == place)
        total = own.sum()
        found.append(
            Bin(
                mass=float(total),
                confidence=float(own @ confidence / total),
                accuracy=float(own @ right / total),
            )
        )
    return found


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Compute the ECE: mean gap between confidence and accuracy."""
    return sum(one.mass * abs(one.confidence - one.accuracy) for one in bins)


def negative_log_likelihood(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Compute the mean cross-entropy in nats."""
    return float(-np.mean(np.log(np.maximum(scores[np.arange(len(labels)), labels], 1e-12))))


def brier(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Compute the Brier score of several classes: mean squared distance from the truth, 0 to 2."""
    return float(np.mean(np.sum((scores - np.eye(scores.shape[1])[labels]) ** 2, axis=1)))


def coverage_curve(
    scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> list[tuple[float, float]]:
    """Compute the accuracy of the surest tenth, two tenths, … of the answers.

    Returns:
        (share answered, share of those that is right) ten times.
    """
    order = np.argsort(-scores.max(axis=1), kind="stable")
    right = (scores.argmax(axis=1) == labels)[order]
    stops = np.ceil(np.arange(1, 11) / 10 * len(right)).astype(int)
    return [(round(i / 10, 1), float(right[:stop].mean())) for i, stop in enumerate(stops, 1)]
