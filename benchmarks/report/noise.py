"""Curves of UA against noise and inserted silence."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from benchmarks.rows import NORMALISATIONS, System
from benchmarks.statistics import ua
from report.page import Note, Part, Picture
from report.style import OTHER, SYSTEMS, panel, same_height
from train.conditions.augment import CLEAN
from train.systems import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

KINDS = {
    "noise": "white noise",
    "pink": "pink noise",
    "babble": "babble",
    "silence": "inserted silence",
}
ON_FRAMES = "frames-"
"""Prefix of rows whose nodes are frames of 25 ms, as in the CoGCN paper."""

_CONDITION = re.compile(r"(\w+):(-?\d+)")
_DASHES = ("-", "--", "-.", ":")


def noise_curves(systems: Sequence[System]) -> list[Part]:
    """Draw a picture per normalisation, a panel per kind of disturbance, a line per system.

    Rows on frames of 25 ms have their own pictures.
    """
    pictures: list[Part] = []
    for frames, (normalisation, word) in itertools.product((False, True), NORMALISATIONS.items()):
        tested = [
            system
            for system in disturbed(systems, frames=frames)
            if system.normalisation == normalisation
        ]
        if panels := draw_panels(tested):
            caption = (
                "UA on the test speakers' clips, clean and disturbed, mean over the corpora; bars: "
                "one standard error over speakers, where it is known. The CoGCN paper claims "
                "robustness to both, and has no figure of it."
            )
            title = f"UA under noise and silence, {word}{', frames of 25 ms' * frames}"
            pictures.append(Picture(title, caption, "", list(panels.values())))
    return pictures or [Note("No noise curves: none of the rows was tested on disturbed clips.")]


def disturbed(systems: Sequence[System], *, frames: bool = False) -> list[System]:
    """Return systems also tested on disturbed clips, on frames of 25 ms or else on other nodes."""
    return [
        system
        for system in systems
        if _levels(system) and system.name.startswith(ON_FRAMES) == frames
    ]


def draw_panels(systems: Sequence[System]) -> dict[str, Figure]:
    """Draw the curves of each kind of disturbance, all on one y axis."""
    kinds = {kind: None for system in systems for kind, _ in _levels(system)}
    panels = {kind: draw_curves(systems, kind) for kind in kinds}
    same_height(list(panels.values()))
    return panels


def draw_curves(systems: Sequence[System], kind: str) -> Figure:
    """Draw one kind of disturbance, from clean (left) to the worst (right)."""
    silence = kind == "silence"
    levels = sorted(
        {level for system in systems for found, level in _levels(system) if found == kind},
        reverse=not silence,
    )
    conditions = [CLEAN, *(f"{kind}:{level}" for level in levels)]
    figure, axes = panel(3.3, 3.1)
    for number, system in enumerate(systems):
        hue, marker = SYSTEMS.get(system.model, OTHER)
        found = {
            place: ua(system.fits, condition=condition)
            for place, condition in enumerate(conditions)
            if condition in system.conditions
        }
        if len(found) < 2:
            continue
        shift = 0.05 * (number - (len(systems) - 1) / 2)  # error bars side by side, not overlapping
        axes.errorbar(
            [place + shift for place in found],
            [100 * estimate.value for estimate in found.values()],
            yerr=[100 * (estimate.error or 0.0) for estimate in found.values()],
            fmt=marker,
            linestyle=_DASHES[number % len(_DASHES)],
            color=hue,
            elinewidth=0.7,
            label=TITLES.get(system.model, system.title),
        )
    axes.set_xticks(range(len(conditions)), [CLEAN, *map(str, levels)])
    axes.set_xlabel("inserted silence (%)" if silence else "signal-to-noise ratio (dB)")
    axes.set_ylabel("UA, mean over the corpora (%)")
    axes.set_title(KINDS.get(kind, kind))
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _levels(system: System) -> list[tuple[str, int]]:
    """List kind and level of all conditions except clean."""
    matches = [_CONDITION.fullmatch(condition) for condition in system.conditions]
    return [(match[1], int(match[2])) for match in matches if match]
