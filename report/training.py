"""Who was trained, chosen and tested on, with which settings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from report.learning_curves import draw_learning_curves
from report.page import Note, Part, Picture, Table
from train.metrics import mean_ua

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from report.scored import Scored
    from train.protocol import Speaker
    from train.runs import Run

_NAMED = 6
"""The most speakers whose names stand in a cell."""


def corpora_table(run: Run) -> Table:
    """Make the table of the corpora's clips."""
    labels = run.config.labels
    rows = []
    for corpus in dict.fromkeys(row.corpus for row in run.rows):
        own = [row for row in run.rows if row.corpus == corpus]
        counts = Counter(row.emotion for row in own)
        use = "only tested" if corpus in run.config.tested_only else "trained on and tested"
        speakers = len({row.speaker for row in own})
        clips = [str(counts[label]) for label in labels]
        rows.append([corpus, use, str(speakers), *clips, str(len(own))])
    caption = "Clips of each class. Files that cannot be read and speakers left out do not count."
    return Table(caption, ["corpus", "use", "speakers", *labels, "clips"], rows, names=2)


def folds_table(scored: Scored) -> Table:
    """Make the table of the folds: speakers, what was chosen, and UA."""
    run = scored.run
    rows = []
    for fold in scored.folds:
        split, metrics = run.splits[fold], run.metrics(fold)
        candidate = run.load(fold).candidate
        validation = metrics.get("validation")
        rows.append(
            [
                str(fold),
                f"{len(split.train)} speakers",
                _who(split.validation),
                _who(split.test),
                run.config.choice(candidate) or "–",
                str(metrics["epochs"]),
                f"{metrics['seconds']:.0f} s",
                f"{100 * mean_ua(validation):.1f}" if validation else "–",
                f"{100 * mean_ua(metrics['test']):.1f}" if metrics.get("test") else "–",
            ]
        )
    caption = (
        "No speaker is in two columns of a row. Validation speakers choose the settings and the "
        "epoch, test speakers are used for the figures only. UA in percent, a mean over corpora."
    )
    if run.config.refit:
        caption += " What was chosen is trained again with the validation speakers."
    head = ["fold", "training", "validation", "test", "choice", "epochs", "time"]
    return Table(caption, [*head, "validation UA", "test UA"], rows, names=5)


def _who(speakers: Sequence[Speaker]) -> str:
    names = [f"{corpus}/{name}" for corpus, name in speakers]
    return ", ".join(names) if 0 < len(names) <= _NAMED else f"{len(names)} speakers"


def final_note(run: Run) -> Note:
    """Say what the network that export takes was trained on."""
    if not run.folder(None).is_dir():
        return Note("There is no final network: only a finished run has one.")
    metrics = run.metrics(None)
    choice = run.config.choice(run.load(None).candidate)
    return Note(
        f"The final network, which export takes, has {metrics['parameters']:,} parameters. "
        f"It was trained on all {len(run.speakers)} speakers for {metrics['epochs']} epochs"
        f"{f' with {choice}' * bool(choice)}, as most folds chose. No figure is of that network, "
        "which knows everybody here."
    )


def learning_curves(scored: Scored) -> Part:
    """Draw the curves of all folds together, and of each."""
    run = scored.run
    metrics = [run.metrics(fold) for fold in scored.folds]
    fits = [(fold, m) for fold, m in zip(scored.folds, metrics, strict=True) if m["history"]]
    if not fits:
        return Note("No learning curves: the folds have no history of epochs.")
    histories: list[list[dict[str, Any]]] = [m["history"] for _, m in fits]
    kept = [m["epochs"] for _, m in fits]
    panels = [
        draw_learning_curves("mean over the folds", histories, kept),
        *(draw_learning_curves(f"fold {fold}", [m["history"]], [m["epochs"]]) for fold, m in fits),
    ]
    caption = (
        "Cross-entropy, and accuracy in training beside UA on the validation speakers; dotted: the "
        "epoch whose weights were kept. Shaded: one standard deviation over the folds. Validation "
        "loss that rises while training loss falls: the network learns its speakers by heart. No "
        "test speaker is here."
    )
    return Picture("Loss and accuracy, epoch by epoch", caption, "", panels)


def settings_table(run: Run) -> Table:
    """Make the table of all settings."""
    settings = run.config.to_dict()
    settings |= settings.pop("network")
    rows = [
        [key, ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)]
        for key, value in settings.items()
        if value not in ("", ())
    ]
    caption = "Settings of the run; several values are candidates, among which validation chose."
    return Table(caption, ["setting", "value"], rows, names=2)
