"""Contents of the page: results of all systems, and a look inside the networks of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import rows
from benchmarks.report.comparison import ua_against_data, ua_against_parameters, ua_per_corpus
from benchmarks.report.confusion import confusion_matrices
from benchmarks.report.embeddings import embedding_pictures
from benchmarks.report.ga_gru import ga_gru_pictures
from benchmarks.report.graphs import graph_pictures
from benchmarks.report.inspection import InspectedFold
from benchmarks.report.learning_curves import learning_curves
from benchmarks.report.noise import noise_curves
from benchmarks.report.rlc import rlc_pictures
from benchmarks.report.tables import details, overview
from report.page import Note, Section, render, write
from report.style import drawing
from train.runs import Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.rows import System
    from train.features.cache import Cache


def write_report(folder: Path, runs: Sequence[Path], output: Path, cache: Cache) -> None:
    """Write the page.

    Args:
        folder: folder of the rows of ``python -m benchmarks.papers``.
        runs: folders written by ``fit`` or ``evaluate --runs``; the first trained fold of each is
            inspected on its test speakers.
        output: the page, a single file without external resources.
        cache: cache of features of the runs' clips.

    Raises:
        EdgeSerError: there are no rows, one of ``runs`` is not a run or its corpora have changed,
            or the page cannot be written.
    """
    systems = rows.read(folder)
    found = {path: InspectedFold.open(Run.open(path, cache), cache) for path in runs}
    opened = [inspected for inspected in found.values() if inspected]
    missing = [Note(f"{path}: no fold is trained yet.") for path, h in found.items() if not h]
    with drawing():
        sections = [*_measured(systems), *_seen(opened, missing)]
        page = render("Speech emotion recognition: systems compared", _told(systems), sections)
    write(output, page)


def _told(systems: Sequence[System]) -> list[str]:
    corpora = {name: about for system in systems for name, about in system.corpora.items()}
    clips = ", ".join(
        f"{name} ({about['clips']} clips, {about['speakers']} speakers)"
        for name, about in corpora.items()
    )
    commits = dict.fromkeys(fit.commit for system in systems for fit in system.fits)
    made = ", ".join(commit[:12] for commit in commits if commit)
    return [
        "Every system is trained on all corpora together and tested on speakers that were in "
        f"neither training nor validation: {clips}. UA is the mean of the four emotions' recalls, "
        "WA the share of right clips; chance is 25 % UA.",
        *([f"Measured by the code of commit {made}."] if made else []),
    ]


def _measured(systems: Sequence[System]) -> list[Section]:
    """Make the sections that need only the rows."""
    published = rows.published(systems)
    variants = [system for system in systems if system not in published]
    sections = [
        Section(
            "Overview",
            [ua_per_corpus(published), overview(published), ua_against_parameters(published)],
        ),
        Section("Noise and silence", noise_curves(systems)),
        Section("Amount of data", [ua_against_data(systems)]),
        Section("Learning curves", learning_curves(published)),
        Section("Confusion matrices", confusion_matrices(published)),
        Section("All figures", [details(published)]),
    ]
    if variants:
        sections.insert(1, Section("Variants", [overview(variants)]))
    return sections


def _seen(opened: Sequence[InspectedFold], missing: Sequence[Note]) -> list[Section]:
    """Make the sections that inspect the networks of the runs on their test speakers."""
    nothing = Note("Nothing to show: no such network among the runs given.")
    return [
        Section("Embeddings", [*missing, *embedding_pictures(opened)] or [nothing]),
        *(
            Section(title, [part for inspected in opened for part in draw(inspected)] or [nothing])
            for title, draw in (
                ("Cosine graph", graph_pictures),
                ("GA-GRU: graph and attention", ga_gru_pictures),
                ("RLC: attention and informativeness", rlc_pictures),
            )
        ),
    ]
