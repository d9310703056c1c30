"""Markdown tables of the rows in `results/papers/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks import rows
from benchmarks.papers.claims import claims_tables
from benchmarks.papers.entries import PARTS
from benchmarks.papers.features import features_table
from benchmarks.report.noise import KINDS, disturbed
from benchmarks.report.tables import details, overview
from benchmarks.statistics import difference, shared, ua, which
from report.bootstrap import with_error
from report.page import Table
from train.systems import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import System

_MEASURED = (
    "UA over the three corpora ± its standard error over speakers; trained on clean clips, cold."
)


def tables(systems: Sequence[System], folder: Path) -> str:
    """Format all tables, with links to the pictures in ``folder`` beside the Markdown file."""
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
            "bootstrap over speakers; the difference to the first row, paired by speaker. Of rows",
            "made before predictions were kept: over folds, paired by fold; of a single fold, ± –.",
            "Normalised as the paper does: cold, GA-GRU per speaker.",
            *_hardest(systems),
            *claims,
        ]
    coarse, fine = disturbed(systems), disturbed(systems, frames=True)
    if coarse or fine:
        lines += ["", "## Noise and silence", *_noise(coarse, folder), *_frames(fine, coarse)]
    lines += features_table(systems)
    made = f"Made by `python -m benchmarks.papers PART --corpora DIR`; parts: {', '.join(PARTS)}."
    return "\n".join([*lines, "", made, ""])


def _hardest(systems: Sequence[System]) -> list[str]:
    """Say how much harder fold 0 is than the others, for the rows that have no other."""
    for system in systems:
        everything = shared([system.fits])
        first = {place for place in everything if place[1] == 0}
        if system.file == "cogcn-cold" and first and first != everything:
            there, elsewhere = (ua(system.fits, part).value for part in (first, everything - first))
            return [
                f"Fold 0 is the hardest: CoGCN has {100 * there:.1f} there, cold, and "
                f"{100 * elsewhere:.1f} on the other four.",
            ]
    return []


def _markdown(table: Table) -> list[str]:
    """Format a table with its caption above."""
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
    """Format noise and silence, one row per condition, one column per system, and link pictures."""
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
    return ["", *_markdown(table), *_differences(systems), "", *pictures]


def _differences(systems: Sequence[System]) -> list[str]:
    """Format the same as paired differences from CoGCN; nothing without it or another."""
    first = next((system for system in systems if system.model == "cogcn"), None)
    if first is None:
        return []
    alike = [system for system in systems if system.normalisation == first.normalisation]
    others = [system for system in alike if system is not first]
    if not others:
        return []
    rows = []
    for condition in first.conditions:
        cells = []
        for other in others:
            there = condition in other.conditions
            cells.append(difference(other.fits, first.fits, condition) if there else "")
        rows.append([condition, *cells])
    caption = "Differences from CoGCN, paired by speaker; by fold where speakers are not known."
    titles = [TITLES[other.model] for other in others]
    return ["", *_markdown(Table(caption, ["condition", *titles], rows, names=1))]


def _frames(systems: Sequence[System], coarse: Sequence[System]) -> list[str]:
    """Format the same on frames of 25 ms, beside the networks of ``coarse``.

    All are scored on the largest set of fits that any has; systems that lack some are left out.
    """
    if not systems:
        return []
    counted = max((shared([system.fits]) for system in systems), key=len)
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
    """Format the share of clips without detected speech, the same for all networks."""
    for system in systems:
        if system.parameters and condition in system.conditions:
            found = [system.figures(corpus, condition) for corpus in system.corpora]
            counts = np.sum([scores["confusion"] for scores in found if scores], axis=0)
            return f"{100 * counts[:, -1].sum() / counts.sum():.1f} %"
    return ""
