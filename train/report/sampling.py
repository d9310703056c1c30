"""UA and how far chance may move it: its standard error for the size of the test sets."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from train.augment import CLEAN

Fits = Sequence[dict[str, Any]]
"""What was measured of a system, a fold and seed each."""


def ua(
    fits: Fits, counted: Iterable[tuple[int, int]], condition: str = CLEAN
) -> tuple[float, float]:
    """UA over the corpora, and its standard error for the size of the test sets.

    Seeds hear the same clips: only folds and corpora make the test set larger. Two systems hear the
    same clips as well, so that the error of a difference, taken as if they did not, is rather too
    large than too small.

    Args:
        fits: of one system.
        counted: seed and fold of those that count.
        condition: that the test clips were heard in.
    """
    wanted = set(counted)
    means: dict[int, list[float]] = {}
    variances: dict[int, list[float]] = {}
    for fit in fits:
        if (fit["seed"], fit["fold"]) in wanted:
            found = [_recall(scores["confusion"]) for scores in fit["test"][condition].values()]
            means.setdefault(fit["fold"], []).append(float(np.mean([m for m, _ in found])))
            variance = sum(v for _, v in found) / len(found) ** 2
            variances.setdefault(fit["fold"], []).append(variance)
    mean = float(np.mean([np.mean(values) for values in means.values()]))
    total = sum(float(np.mean(values)) for values in variances.values())
    return mean, math.sqrt(total) / len(variances)


def with_error(mean: float, error: float) -> str:
    """What :func:`ua` gives, in percent."""
    return f"{100 * mean:.1f} ± {100 * error:.1f}"


def shared(systems: Iterable[Fits]) -> set[tuple[int, int]]:
    """Seed and fold of the fits that all of them have."""
    return set.intersection(*({(fit["seed"], fit["fold"]) for fit in fits} for fits in systems))


def which(counted: set[tuple[int, int]]) -> str:
    """Folds and seeds of fits, in words; ``counted``: seed and fold of each."""
    folds = sorted({fold for _, fold in counted})
    seeds = len({seed for seed, _ in counted})
    if len(counted) < len(folds) * seeds:  # a row is still under way
        return f"the {len(counted)} fits that all have"
    named = f"fold {folds[0]}" if len(folds) == 1 else f"{len(folds)} folds"
    return f"{named} × {seeds} seed{'s' * (seeds > 1)}"


def _recall(confusion: list[list[int]]) -> tuple[float, float]:
    """Mean recall, and the variance that the number of clips gives it."""
    table = np.array(confusion)
    counts = table.sum(axis=1)
    present = np.flatnonzero(counts)
    recall = table[present, present] / counts[present]
    variance = (recall * (1 - recall) / counts[present]).sum() / len(present) ** 2
    return float(recall.mean()), float(variance)
