"""Tables of the results."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from benchmarks.rows import NORMALISATIONS, System
from benchmarks.statistics import shared, ua, which
from edge_ser.events import LABELS
from report.bootstrap import with_error
from report.page import Table
from train.metrics import FIGURES, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPREAD = "mean ± standard deviation over folds and seeds, %; ± – where there is one fit only"
_WHO = "Test speakers, in neither training nor validation"


def overview(systems: Sequence[System]) -> Table:
    """Make the table of UA on clean clips, size and cost of each system."""
    corpora = corpora_of(systems)
    rows = [
        [
            system.title,
            NORMALISATIONS[system.normalisation],
            *(with_error(ua(system.fits, corpora=[corpus])) for corpus in corpora),
            with_error(ua(system.fits)),
            _parameters(system),
            _training(system),
            which(shared([system.fits])),
        ]
        for system in systems
    ]
    caption = (
        "UA: mean of the four recalls over the test clips of all folds, a mean over the seeds, "
        "± its standard error by a bootstrap over speakers, %; of a row made before predictions "
        f"were kept over folds, ± – if there is one only. {_WHO}. Training: seconds a fold, with "
        "everything that validation chose from."
    )
    head = ["system", "normalisation", *corpora, "mean", "parameters", "training", "fits"]
    return Table(caption, head, rows, names=2)


def details(systems: Sequence[System]) -> Table:
    """Make the table of all metrics on clean clips, corpus by corpus."""
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
    """List the corpora that any of the systems was tested on, in order."""
    return list(dict.fromkeys(corpus for system in systems for corpus in system.corpora))


def _parameters(system: System) -> str:
    counts = system.parameters
    if not counts:
        return "–"
    return " to ".join(f"{count:,}" for count in dict.fromkeys((counts[0], counts[-1])))


def _training(system: System) -> str:
    devices = "/".join(sorted({fit.device.upper() for fit in system.fits}))
    return f"{statistics.fmean(fit.seconds for fit in system.fits):.0f} s, {devices}"
