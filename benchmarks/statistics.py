"""UA of fits with its standard error (:mod:`report.bootstrap`), and paired differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.events import LABELS
from report.bootstrap import Estimate, estimate, with_error
from train.conditions.augment import CLEAN
from train.metrics import Predictions, initial

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from benchmarks.rows import Fit

_FEWEST_FOLDS = 3


def ua(
    fits: Sequence[Fit],
    counted: Iterable[tuple[int, int]] | None = None,
    condition: str = CLEAN,
    corpora: Sequence[str] | None = None,
    by: str | None = None,
) -> Estimate:
    """Estimate UA pooled over the folds' test clips, averaged over corpora and seeds.

    Args:
        fits: fits of one system.
        counted: seed and fold of the fits to use; all by default.
        condition: condition of the test clips.
        corpora: corpora to use; all by default.
        by: what is drawn, see :func:`drawn_by`; by default whatever these fits allow.
    """
    wanted = shared([fits]) if counted is None else set(counted)
    chosen = [fit for fit in fits if (fit.seed, fit.fold) in wanted and condition in fit.test]
    by = by or drawn_by([chosen])
    names = [name for name in chosen[0].test[condition] if corpora is None or name in corpora]
    parts = [_corpus(chosen, name, condition, by) for name in names]
    resampled = [part.resampled for part in parts if part.resampled is not None]
    return Estimate(
        value=float(np.mean([part.value for part in parts])),
        resampled=np.mean(resampled, axis=0) if resampled else None,
    )


def drawn_by(systems: Iterable[Sequence[Fit]]) -> str:
    """Return what can be drawn of all systems: ``speakers``, ``folds`` or ``nothing``.

    Fits without predictions do not tell one speaker from another. If there are three folds or more,
    folds are drawn instead, each with its own speakers.
    """
    fits = [fit for one in systems for fit in one]
    if all(fit.predictions for fit in fits):
        return "speakers"
    return "folds" if len({fit.fold for fit in fits}) >= _FEWEST_FOLDS else "nothing"


def _corpus(fits: Sequence[Fit], corpus: str, condition: str, by: str) -> Estimate:
    """Estimate UA of one corpus, averaged over the seeds."""
    by_seed: dict[int, list[Fit]] = {}
    for fit in fits:
        by_seed.setdefault(fit.seed, []).append(fit)
    estimates = []
    for own in by_seed.values():
        confusions = [np.array(fit.test[condition][corpus]["confusion"]) for fit in own]
        units = {
            str(fit.fold): (np.diag(confusion), confusion.sum(axis=1))
            for fit, confusion in zip(own, confusions, strict=True)
        }
        if by == "speakers":
            units = _by_speaker([fit.predictions[condition] for fit in own], corpus)
        right, total = (np.stack([units[name][k] for name in sorted(units)]) for k in range(2))
        estimates.append(estimate(right, total, corpus))
    drawn = [one.resampled for one in estimates if one.resampled is not None]
    return Estimate(
        value=float(np.mean([one.value for one in estimates])),
        resampled=None if by == "nothing" else np.mean(drawn, axis=0),
    )


def _by_speaker(
    written: Sequence[Predictions], corpus: str
) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Map speaker to (C,) correct clips and (C,) clips per label."""
    return {
        speaker: (
            np.array([own.get(label, "").count(initial(k)) for k, label in enumerate(LABELS)]),
            np.array([len(own.get(label, "")) for label in LABELS]),
        )
        for predictions in written
        for speaker, own in predictions[corpus].items()
    }


def difference(one: Sequence[Fit], other: Sequence[Fit], condition: str = CLEAN) -> str:
    """Format UA of ``one`` less that of ``other``, paired; nothing if they share no fit."""
    counted = shared([one, other])
    if not counted:
        return ""
    by = drawn_by([one, other])
    own, its = (ua(fits, counted, condition, by=by) for fits in (one, other))
    return with_error(own - its, "+.1f")


def shared(systems: Iterable[Sequence[Fit]]) -> set[tuple[int, int]]:
    """Return seed and fold of the fits that all systems have."""
    return set.intersection(*({(fit.seed, fit.fold) for fit in fits} for fits in systems))


def which(counted: set[tuple[int, int]]) -> str:
    """Describe folds and seeds of fits in words; ``counted``: seed and fold of each."""
    folds = sorted({fold for _, fold in counted})
    seeds = len({seed for seed, _ in counted})
    if len(counted) < len(folds) * seeds:  # a row is still incomplete
        return f"the {len(counted)} fits that all have"
    named = f"fold {folds[0]}" if len(folds) == 1 else f"{len(folds)} folds"
    return f"{named} × {seeds} seed{'s' * (seeds > 1)}"
