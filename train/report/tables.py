"""What was measured, in figures."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from edge_ser.events import LABELS
from train.metrics import FIGURES, percent
from train.report.page import Table
from train.report.results import NORMALISATIONS, System

_SPREAD = "mean ± standard deviation over folds and seeds, %; ± – where there is one fit only"
_WHO = "Test speakers, in neither training nor validation"


def overview(systems: Sequence[System]) -> Table:
    """UA on clean clips, size and cost of each system."""
    corpora = corpora_of(systems)
    rows = [
        [
            system.title,
            NORMALISATIONS[system.normalisation],
            *(percent(system.spread("ua", corpus)) for corpus in corpora),
            percent(system.mean_ua()),
            _parameters(system),
            _training(system),
            _fits(system),
        ]
        for system in systems
    ]
    caption = (
        f"UA: mean of the four recalls; {_SPREAD}. {_WHO}. Training: seconds a fold, with "
        "everything that validation chose from."
    )
    head = ["system", "normalisation", *corpora, "mean", "parameters", "training", "fits"]
    return Table(caption, head, rows, names=2)


def details(systems: Sequence[System]) -> Table:
    """All figures on clean clips, corpus by corpus."""
    rows = []
    for system in systems:
        for corpus in system.corpora:
            found = system.figures(corpus)
            if found is None:
                continue
            recalls = [found["recall"].get(label) for label in LABELS]
            shares = ["" if r is None else f"{100 * r['mean']:.0f}" for r in recalls]
            rows.append(
                [
                    system.title,
                    NORMALISATIONS[system.normalisation],
                    corpus,
                    *(percent(system.spread(figure, corpus)) for figure in FIGURES),
                    *shares,
                ]
            )
    caption = (
        f"WA: share of right clips; UA; macro F1; recall of each emotion; {_SPREAD}. {_WHO}. A "
        "clip in which no speech was detected is wrong."
    )
    head = ["system", "normalisation", "corpus", "WA", "UA", "macro F1", *LABELS]
    return Table(caption, head, rows, names=3)


def corpora_of(systems: Sequence[System]) -> list[str]:
    """The corpora that any of the systems was tested on, in order."""
    return list(dict.fromkeys(corpus for system in systems for corpus in system.corpora))


def _parameters(system: System) -> str:
    counts = system.parameters
    if not counts:
        return "–"
    return " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))


def _training(system: System) -> str:
    devices = "/".join(sorted({fit["device"].upper() for fit in system.fits}))
    return f"{statistics.fmean(fit['seconds'] for fit in system.fits):.0f} s, {devices}"


def _fits(system: System) -> str:
    return f"{_count(system.fits, 'fold')} × {_count(system.fits, 'seed')}"


def _count(fits: Sequence[Mapping[str, Any]], what: str) -> str:
    values = sorted({fit[what] for fit in fits})
    if what == "fold" and len(values) < 5:
        return f"fold {', '.join(map(str, values))}"
    return f"{len(values)} {what}{'s' * (len(values) > 1)}"
