"""The page about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.confusion import draw_confusion
from report.figures import figures_table
from report.mistakes import mistakes
from report.page import Note, Picture, Section, render, write
from report.reliability import reliability_picture
from report.scored import Scored
from report.speakers import speakers_picture
from report.style import drawing
from report.training import corpora_table, final_note, folds_table, learning_curves, settings_table
from train import models
from train.metrics import score
from train.runs import Run

if TYPE_CHECKING:
    from pathlib import Path

    from train.features.cache import Cache

_RANDOM = ("10-fold", "80-20")


def write_run_report(path: Path, output: Path, cache: Cache) -> Run:
    """Write the page about a run.

    Args:
        path: folder of the run; at least one of its folds is trained.
        output: the page, a single file; it refers to the audio of the clips, and to nothing else.
        cache: cache of features of the run's clips.

    Returns:
        The run.

    Raises:
        EdgeSerError: ``path`` is not a run, its corpora have changed, none of its folds is trained,
            or the page cannot be written.
    """
    run = Run.open(path, cache)
    scored = Scored.of(run, cache)
    with drawing():
        write(output, render(f"Run {path.name}", _told(scored), _sections(scored)))
    return run


def _told(scored: Scored) -> list[str]:
    run = scored.run
    system = models.find(run.config.model).title
    labels = scored.labels
    known = (
        "Nothing is known about a speaker beforehand."
        if run.config.normalisation == "cold"
        else "Features are normalised over all clips of a speaker, which no device has."
    )
    whom = (
        "Clips are split at random, so test clips are of speakers that the network knows."
        if run.protocol in _RANDOM
        else "Every figure is of speakers that the network answering was not trained on."
    )
    unfinished = len(run.unfinished)
    total = len(run.splits)
    missing = f" {unfinished} of {total} folds are not trained yet." if unfinished else ""
    return [
        f"{system} on {run.config.features}, {len(labels)} classes: {', '.join(labels)}. {whom} "
        f"{known} Chance is {100 / len(labels):.0f} % UA.{missing}"
    ]


def _sections(scored: Scored) -> list[Section]:
    run = scored.run
    at = f" at commit {run.commit[:12]}" if run.commit else ""
    return [
        Section("Figures", [figures_table(scored)]),
        Section("Confusions", [_confusions(scored)]),
        Section("Speakers", [speakers_picture(scored)]),
        Section("Confidence", [reliability_picture(scored)]),
        Section("Mistakes", [mistakes(scored)]),
        Section("Learning curves", [learning_curves(scored)]),
        Section(
            "What was trained on what",
            [
                corpora_table(run),
                folds_table(scored),
                final_note(run),
                Note(f"Started with seed {run.seed}{at} by: {run.command}"),
                settings_table(run),
            ],
        ),
    ]


def _confusions(scored: Scored) -> Picture:
    panels = []
    for corpus, own in scored.by_corpus():
        found = score(scored.truth[own], scored.predictions[own], scored.labels)
        panels.append(draw_confusion(np.array(found["confusion"]), corpus, scored.labels))
    caption = (
        "Test clips of all folds: true class by row, predicted by column; the darker, the larger "
        "the share of its row."
    )
    return Picture("Confusion matrices", caption, "", panels)
