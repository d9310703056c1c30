"""UA with a standard error bootstrapped over speakers, and paired differences.

Clips of one speaker are right or wrong together, so that counting them as independent makes errors
up to three times too small. What is drawn here are speakers: with replacement, within each corpus,
the same ones for every system, so that a difference is paired by speaker and fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Fit
from edge_ser.events import LABELS
from train.conditions.augment import CLEAN
from train.metrics import Predictions, initial

RESAMPLES = 2000
_SEED = 0


@dataclass(frozen=True)
class Estimate:
    """A figure and what it is when other speakers are drawn.

    Args:
        value: the figure.
        resampled: (RESAMPLES,) the figure of each draw; None where the predictions were not kept.
    """

    value: float
    resampled: NDArray[np.float64] | None

    @property
    def error(self) -> float | None:
        """The standard error: the standard deviation over the draws."""
        return None if self.resampled is None else float(self.resampled.std())

    def __sub__(self, other: Estimate) -> Estimate:
        """Take the difference draw by draw: both must be of the same speakers."""
        both = self.resampled is not None and other.resampled is not None
        return Estimate(
            self.value - other.value,
            self.resampled - other.resampled if both else None,  # type: ignore[operator]
        )


def ua(
    fits: Sequence[Fit],
    counted: Iterable[tuple[int, int]] | None = None,
    condition: str = CLEAN,
    corpora: Sequence[str] | None = None,
) -> Estimate:
    """UA pooled over the folds' test clips, the mean over corpora and seeds.

    Args:
        fits: of one system.
        counted: seed and fold of those that count; all by default.
        condition: that the test clips were heard in.
        corpora: those that count; all by default.
    """
    wanted = shared([fits]) if counted is None else set(counted)
    chosen = [fit for fit in fits if (fit.seed, fit.fold) in wanted and condition in fit.test]
    names = [name for name in chosen[0].test[condition] if corpora is None or name in corpora]
    parts = [_corpus(chosen, name, condition) for name in names]
    drawn = [part.resampled for part in parts if part.resampled is not None]
    return Estimate(
        float(np.mean([part.value for part in parts])),
        np.mean(drawn, axis=0) if len(drawn) == len(parts) else None,
    )


def _corpus(fits: Sequence[Fit], corpus: str, condition: str) -> Estimate:
    """UA of one corpus, the mean over the seeds."""
    by_seed: dict[int, list[Fit]] = {}
    for fit in fits:
        by_seed.setdefault(fit.seed, []).append(fit)
    values = []
    for own in by_seed.values():
        confusion = np.sum([fit.test[condition][corpus]["confusion"] for fit in own], axis=0)
        values.append(_mean_recall(np.diag(confusion), confusion.sum(axis=1)))
    value = float(np.mean(values))
    if not all(fit.predictions for fit in fits):
        return Estimate(value, None)
    drawn = []
    for own in by_seed.values():
        speakers = _by_speaker([fit.predictions[condition] for fit in own], corpus)
        right, total = (
            np.stack([speakers[name][k] for name in sorted(speakers)]) for k in range(2)
        )
        weights = _draws(corpus, len(speakers))
        drawn.append(_mean_recall(weights @ right, weights @ total))
    return Estimate(value, np.mean(drawn, axis=0))


def _by_speaker(
    written: Sequence[Predictions], corpus: str
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Speaker to (C,) right clips and (C,) clips of each label."""
    return {
        speaker: (
            np.array([own.get(label, "").count(initial(k)) for k, label in enumerate(LABELS)]),
            np.array([len(own.get(label, "")) for label in LABELS]),
        )
        for predictions in written
        for speaker, own in predictions[corpus].items()
    }


def _draws(corpus: str, speakers: int) -> NDArray[np.int64]:
    """(RESAMPLES, speakers): how often each is drawn; the same for every system of a corpus."""
    random = np.random.default_rng([_SEED, *corpus.encode()])
    return random.multinomial(speakers, np.full(speakers, 1 / speakers), RESAMPLES)


def _mean_recall(right: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of right / total over the last axis, where there is any clip."""
    recall = np.divide(right, total, out=np.full(right.shape, np.nan), where=total > 0)
    return np.nanmean(recall, axis=-1)


def with_error(estimate: Estimate, form: str = ".1f") -> str:
    """Write an estimate and its standard error in percent; ``–`` where the error is not known."""
    error = "–" if estimate.error is None else f"{100 * estimate.error:.1f}"
    value = round(100 * estimate.value, 1) + 0.0  # no "-0.0"
    return f"{value:{form}} ± {error}"


def shared(systems: Iterable[Sequence[Fit]]) -> set[tuple[int, int]]:
    """Seed and fold of the fits that all of them have."""
    return set.intersection(*({(fit.seed, fit.fold) for fit in fits} for fits in systems))


def which(counted: set[tuple[int, int]]) -> str:
    """Folds and seeds of fits, in words; ``counted``: seed and fold of each."""
    folds = sorted({fold for _, fold in counted})
    seeds = len({seed for seed, _ in counted})
    if len(counted) < len(folds) * seeds:  # a row is still under way
        return f"the {len(counted)} fits that all have"
    named = f"fold {folds[0]}" if len(folds) == 1 else f"{len(folds)} folds"
    return f"{named} × {seeds} seed{'s' * (seeds > 1)}"
