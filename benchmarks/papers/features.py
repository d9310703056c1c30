"""The same networks on openSMILE's functionals and on Whisper's first layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.papers.entries import NO_EDGES, ON_WHISPER
from benchmarks.statistics import difference, shared, ua, which
from report.bootstrap import with_error
from train.systems import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rows import System


def features_table(systems: Sequence[System]) -> list[str]:
    """Format what the features and what the edges give; nothing without a row on Whisper's layers.

    Networks are compared on the fits that both have, paired by speaker.
    """
    rows = {system.name: system for system in systems if system.normalisation == "cold"}
    nodes = f"{ON_WHISPER}cogcn-{NO_EDGES}"
    lines = []
    for name, system in rows.items():
        if not name.startswith(ON_WHISPER):
            continue
        other = rows.get(name.removeprefix(ON_WHISPER))
        cells = [_title(system), with_error(ua(system.fits)), which(shared([system.fits]))]
        cells += [_less(system, other), _less(system, rows.get(nodes)) if name != nodes else ""]
        cells += [_less(other, rows.get(f"cogcn-{NO_EDGES}")) if name != nodes else ""]
        lines.append(f"| {' | '.join(cells)} |")
    if not lines:
        return []
    return [
        "",
        "## On Whisper's first layers",
        "",
        "UA over the three corpora ± its standard error over speakers, cold, of the same networks",
        "on the frames of Whisper's first two layers, averaged to ten nodes a second; the",
        "difference to the features of the first table; and, for both, the difference to CoGCN",
        "without edges, which sees a bag of nodes. Differences are paired by speaker, on the fits",
        "that both have.",
        "",
        "| system | UA | fits | against its other features | against no edges "
        "| the same, other features |",
        "|---|---|---|---|---|---|",
        *lines,
    ]


def _title(system: System) -> str:
    return TITLES[system.model] + (", no edges" if system.name.endswith(NO_EDGES) else "")


def _less(one: System | None, other: System | None) -> str:
    """Format the difference of two systems; nothing if one of them is missing."""
    return difference(one.fits, other.fits) if one and other else ""
