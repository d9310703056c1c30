"""Comparison of all systems: UA per corpus, against size and against amount of data."""

from __future__ import annotations

import re
import statistics
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report.tables import corpora_of
from benchmarks.rows import NORMALISATIONS, System
from benchmarks.statistics import shared, ua
from report.page import Note, Picture
from report.style import OTHER, SYSTEMS, colour, panel, same_height

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from report.bootstrap import Estimate

CHANCE = 25.0
_NORMALISED = {"cold": (colour("vermillion"), "o"), "speaker": (colour("blue"), "D")}
_SHIFT = {"cold": -0.16, "speaker": 0.16}
_PART = re.compile(r"rlc(?:-data-(\d+))?")


def ua_per_corpus(systems: Sequence[System]) -> Picture | Note:
    """Draw UA, a panel per corpus and one of their mean, a line per system."""
    if not systems:
        return Note("UA of all systems: the rows are all of variants.")
    caption = (
        "UA on the clean clips of the test speakers; bars: one standard error over speakers (none "
        "where the row was made before predictions were kept); chance is 25 %. Cold: nothing is "
        "known of a speaker; per speaker: features normalised over all of a speaker's clips, "
        "labels unused."
    )
    panels = [_dots(systems, corpus, [corpus]) for corpus in corpora_of(systems)]
    means = _dots(systems, "mean over the corpora", None)
    return Picture("UA of all systems", caption, "", [means, *panels])


def _dots(systems: Sequence[System], title: str, corpora: Sequence[str] | None) -> Figure:
    names = list(dict.fromkeys(system.title for system in systems))
    figure, axes = panel(3.4, 1.1 + 0.2 * len(names))
    for system in systems:
        found = ua(system.fits, corpora=corpora)
        hue, marker = _NORMALISED[system.normalisation]
        axes.errorbar(
            100 * found.value,
            names.index(system.title) + _SHIFT[system.normalisation],
            xerr=_bar(found),
            fmt=marker,
            color=hue,
            elinewidth=1,
            label=NORMALISATIONS[system.normalisation],
        )
    axes.axvline(CHANCE, color=colour("muted"), linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlim(min(axes.get_xlim()[0], CHANCE - 5), 100)
    axes.set_xlabel("UA (%)")
    axes.set_title(title)
    _legend(axes)
    return figure


def ua_against_parameters(systems: Sequence[System]) -> Picture | Note:
    """Draw UA against the number of parameters of networks, one panel per normalisation."""
    networks = [system for system in systems if system.parameters]
    if not networks:
        return Note("UA against the number of parameters: none of the rows is of a network.")
    counts = np.log10([count for system in networks for count in system.parameters])
    decades = 10 ** np.floor(counts.min()), 10 ** np.ceil(counts.max())
    panels = []
    for normalisation, word in NORMALISATIONS.items():
        chosen = [system for system in networks if system.normalisation == normalisation]
        if not chosen:
            continue
        figure, axes = panel(3.4, 3.4)
        for system in chosen:
            hue, marker = SYSTEMS.get(system.name, OTHER)
            found = ua(system.fits)
            axes.errorbar(
                statistics.median(system.parameters),
                100 * found.value,
                yerr=_bar(found),
                fmt=marker,
                color=hue,
                elinewidth=1,
                label=system.title,
            )
        axes.set_xscale("log")
        axes.set_xlim(*decades)
        axes.set_xlabel("parameters")
        axes.set_ylabel("UA, mean over the corpora (%)")
        axes.set_title(word)
        _legend(axes)
        panels.append(figure)
    same_height(panels)
    caption = (
        "Parameters (where the folds chose among sizes, their median) and UA on the clean clips of "
        "the test speakers; bars: one standard error over speakers, where it is known. "
        "Support vector machines have no fixed number and are left out."
    )
    return Picture("UA against size", caption, "", panels)


def ua_against_data(systems: Sequence[System]) -> Picture | Note:
    """Draw UA of RLC on part of the training clips: rows ``rlc-data-PERCENT`` and ``rlc``."""
    panels = []
    for normalisation, word in NORMALISATIONS.items():
        own = [system for system in systems if system.normalisation == normalisation]
        parts = {
            int(match[1] or 100): system
            for system in own
            if (match := _PART.fullmatch(system.name))
        }
        if len(parts) > 1 and (counted := shared(system.fits for system in parts.values())):
            panels.append(_amounts(parts, counted, word))
    if not panels:
        return Note(
            "UA of RLC against the amount of training data: there are no rows rlc-data-PERCENT."
        )
    caption = (
        "UA on the clean clips of the test speakers, mean over the corpora, of RLC trained on part "
        "of the training speakers' clips; the folds and seeds that all amounts share. Bars: the "
        "standard error over speakers, where it is known."
    )
    return Picture("UA against amount of data", caption, "RLC paper, Fig. 6", panels)


def _amounts(parts: Mapping[int, System], counted: set[tuple[int, int]], title: str) -> Figure:
    figure, axes = panel(3.3, 2.6)
    amounts = sorted(parts)
    found = [ua(parts[amount].fits, counted) for amount in amounts]
    means = [100 * estimate.value for estimate in found]
    errors = [_bar(estimate) or 0.0 for estimate in found]
    axes.errorbar(amounts, means, yerr=errors, fmt="-P", color=SYSTEMS["rlc"][0], elinewidth=1)
    axes.set_xlim(0, 105)
    axes.set_xlabel("training clips (%)")
    axes.set_ylabel("UA, mean over the corpora (%)")
    axes.set_title(f"RLC, {title}")
    return figure


def _bar(estimate: Estimate) -> float | None:
    """Return the length of an error bar in percent; None if the error is unknown."""
    return None if estimate.error is None else 100 * estimate.error


def _legend(axes: Axes) -> None:
    """Draw the legend below the axes, with each name once."""
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    axes.figure.legend(
        once.values(), once.keys(), loc="outside lower center", ncols=min(len(once), 3)
    )
