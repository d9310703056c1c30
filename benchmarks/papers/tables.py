"""The rows of `results/papers/` as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import rows
from benchmarks.papers.claims import claims_tables
from benchmarks.papers.entries import PARTS
from benchmarks.report.noise import KINDS, disturbed
from benchmarks.report.page import Table
from benchmarks.report.tables import details, overview
from benchmarks.rows import System
from benchmarks.statistics import shared, ua, which, with_error
from train.systems import TITLES

_MEASURED = (
    "UA over the three corpora ± its standard error over speakers; trained on clean clips, cold."
)


def tables(systems: Sequence[System], folder: Path) -> str:
    """All tables, and the pictures in ``folder``, which lies beside them."""
    published = rows.published(systems)
    hours = sum(fit.seconds for system in published for fit in system.fits) / 3600
    lines = [
        "# The published systems under one protocol",
        "",
        "Trained on RAVDESS, EmoDB and nEMO together, five speaker-disjoint folds. *Cold*: nothing",
        "is known of a speaker; *per speaker*: features normalised over all of a speaker's clips,",
        "labels unused.",
        "",
        *_markdown(overview(published)),
        "",
        f"Its fits took {hours:.1f} hours together, one at a time on a core.",
        "",
        "## In full",
        "",
        *_markdown(details(published)),
    ]
    fits = {system.file: system.fits for system in systems}
    if claims := claims_tables(fits):
        lines += [
            "",
            "## What the papers claim of their parts",
            "",
            "UA pooled over the folds, the mean over the three corpora, ± its standard error by a",
            "bootstrap over speakers; the difference to the first row, paired by speaker. ± –: the",
            "row was made before predictions were kept. Normalised as the paper does: cold, GA-GRU",
            "per speaker. Fold 0 is the hardest of the five: CoGCN has 52.9 there, cold, and 65.2",
            "on the other four.",
            *claims,
        ]
    coarse, fine = disturbed(systems), disturbed(systems, frames=True)
    if coarse or fine:
        lines += ["", "## Noise and silence", *_noise(coarse, folder), *_frames(fine, coarse)]
    made = f"Made by `python -m benchmarks.papers PART --corpora DIR`; parts: {', '.join(PARTS)}."
    return "\n".join([*lines, "", made, ""])


def _markdown(table: Table) -> list[str]:
    """The table, its caption above."""
    return [
        table.caption,
        "",
        _line(table.head),
        _line(["---"] * len(table.head)),
        *map(_line, table.rows),
    ]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _noise(systems: Sequence[System], folder: Path) -> list[str]:
    """Noise and silence: a line a condition, a column a system; and what was drawn of it."""
    if not systems:
        return []
    names = [TITLES[system.model] for system in systems]
    rows = []
    for condition in systems[0].conditions:
        cells = [_heard(system, shared([system.fits]), condition) for system in systems]
        rows.append([condition, *cells, _unheard(systems, condition)])
    caption = (
        f"{_MEASURED} Noise (white), pink noise and six other people (babble): dB below the active "
        "speech. Silence: share of the result. Unheard: clips in which the networks' utterance "
        "detector found no speech, so that they count as wrong; the SVM hears every clip whole."
    )
    table = Table(caption, ["condition", *names, "unheard"], rows, names=1)
    pictures = [
        f"![UA under {title}]({folder.name}/{kind}.svg)"
        for kind, title in KINDS.items()
        if (folder / f"{kind}.svg").is_file()
    ]
    return ["", *_markdown(table), "", *pictures]


def _frames(systems: Sequence[System], coarse: Sequence[System]) -> list[str]:
    """The same on frames of 25 ms, beside the networks of ``coarse``, on the folds of the first.

    A system that is still under way is left out.
    """
    if not systems:
        return []
    counted = shared([systems[0].fits])
    models = [system.model for system in systems]
    columns = {
        f"{TITLES[system.model]}, {length} ms": system
        for length, group in ((25, systems), (500, coarse))
        for system in group
        if system.model in models and counted <= shared([system.fits])
    }
    rows = [
        [condition, *(_heard(system, counted, condition) for system in columns.values())]
        for condition in systems[0].conditions
    ]
    caption = (
        f"{_MEASURED} Nodes of 25 ms every 10 ms, as in the CoGCN paper, beside those of 500 ms "
        f"every 100 ms: {which(counted)}."
    )
    table = Table(caption, ["condition", *columns], rows, names=1)
    return ["", "### On the CoGCN paper's frames", "", *_markdown(table)]


def _heard(system: System, counted: set[tuple[int, int]], condition: str) -> str:
    if condition not in system.conditions:
        return ""
    return with_error(ua(system.fits, counted, condition))


def _unheard(systems: Sequence[System], condition: str) -> str:
    """Share of the clips, the same for every network: their detector is one."""
    for system in systems:
        if system.parameters and condition in system.conditions:
            found = [system.figures(corpus, condition) for corpus in system.corpora]
            counts = np.sum([scores["confusion"] for scores in found if scores], axis=0)
            return f"{100 * counts[:, -1].sum() / counts.sum():.1f} %"
    return ""
