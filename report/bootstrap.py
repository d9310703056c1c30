"""UA with a standard error bootstrapped over speakers.

Predictions for clips of one speaker are correlated: treating them as independent makes standard
errors up to three times too small. The bootstrap therefore draws speakers: with replacement, within
each corpus, the same for every system, so that differences are paired by speaker and fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """An estimate with its bootstrap resamples.

    Args:
        value: the estimate.
        resampled: (RESAMPLES,) the estimate of each draw; None if nothing could be drawn.
    """

    value: float
    resampled: NDArray[np.float64] | None

    @property
    def error(self) -> float | None:
        """Standard error: the standard deviation over the draws."""
        return None if self.resampled is None else float(self.resampled.std())

    def __sub__(self, other: Estimate) -> Estimate:
        """Subtract draw by draw; both must be drawn from the same speakers or folds."""
        both = self.resampled is not None and other.resampled is not None
        return Estimate(
            self.value - other.value,
            self.resampled - other.resampled if both else None,  # type: ignore[operator]
        )


def estimate(right: NDArray[np.int64], total: NDArray[np.int64], corpus: str) -> Estimate:
    """Estimate UA from the correct and all clips of each unit that is drawn.

    Args:
        right: (units, C) correct clips per label.
        total: (units, C) clips per label.
        corpus: name of the corpus, which seeds the draws.
    """
    weights = _draws(corpus, len(right))
    return Estimate(
        value=float(mean_recall(right.sum(axis=0), total.sum(axis=0))),
        resampled=mean_recall(weights @ right, weights @ total),
    )


def by_speaker(
    speakers: NDArray[np.str_],
    labels: NDArray[np.int64],
    predictions: NDArray[np.int64],
    classes: int,
) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Count the clips of each speaker.

    Args:
        speakers: (n,) names.
        labels: (n,) true classes.
        predictions: (n,) predicted classes.
        classes: C.

    Returns:
        The names of the S speakers, sorted; (S, C) correct clips per label; (S, C) clips per label.
    """
    names, places = np.unique(speakers, return_inverse=True)
    right, total = np.zeros((2, len(names), classes), np.int64)
    np.add.at(total, (places, labels), 1)
    np.add.at(right, (places, labels), labels == predictions)
    return names.tolist(), right, total


def _draws(corpus: str, units: int) -> NDArray[np.int64]:
    """Draw (RESAMPLES, units) counts of each unit, the same for every system of a corpus."""
    random = np.random.default_rng([_SEED, *corpus.encode()])
    return random.multinomial(units, np.full(units, 1 / units), RESAMPLES)


def mean_recall(right: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average right / total over the last axis, ignoring labels without clips."""
    recall = np.divide(right, total, out=np.full(right.shape, np.nan), where=total > 0)
    return np.nanmean(recall, axis=-1)


def with_error(estimate: Estimate, form: str = ".1f") -> str:
    """Format an estimate and its standard error in percent; ``–`` if the error is unknown."""
    error = "–" if estimate.error is None else f"{100 * estimate.error:.1f}"
    value = round(100 * estimate.value, 1) + 0.0  # no "-0.0"
    return f"{value:{form}} ± {error}"
