"""Steps of a run: extract features, train the folds, train on all speakers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.nodes import Nodes
from edge_ser.sinks.terminal.text import duration
from train.conditions import augment
from train.conditions.sounds import Sounds
from train.features.extraction import FUNCTIONALS, extract, functionals
from train.features.words import Words, look_up
from train.learning.data import Clips, Data, Table
from train.learning.folds import FittedFold, Task, fit_final, fit_folds, fold_seed
from train.learning.learning_curves import REFIT, write_curves
from train.learning.trained import Trained
from train.live import Fits, LiveFits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from train.config import Config
    from train.corpora import Row
    from train.features.cache import Cache
    from train.learning.executor import Executor
    from train.metrics import Scores
    from train.runs import Run


def load_data(config: Config, rows: Sequence[Row], variants: Sequence[str], cache: Cache) -> Data:
    """Load the rows' nodes in each variant, and their word vectors if the network reads them."""
    clips = {variant: _clips(config, rows, variant, cache) for variant in dict.fromkeys(variants)}
    return Data(
        table=Table.of(rows, config.labels),
        clips=clips,
        words=_words(config, rows) if config.words else None,
    )


def _words(config: Config, rows: Sequence[Row]) -> Words:
    words = look_up(rows, Path(config.words))
    width = words.values.shape[1]
    if set(config.network["word_dimension"]) != {width}:
        raise EdgeSerError(
            f"{config.words} holds {width} values a word: --set word_dimension={width}"
        )
    return words


def _clips(config: Config, rows: Sequence[Row], variant: str, cache: Cache) -> Clips:
    if config.features == FUNCTIONALS:
        return Clips.of_vectors(functionals(rows, variant, cache))
    sounds = sounds_for(config, variant)
    features = feature_set(config.features)
    # from corpora that are only tested nothing is learnt, not even a voice in the background
    apart = config.tested_only if augment.for_training(variant) else ()
    wanted = [row for row in rows if row.corpus not in apart]
    found = iter(extract(wanted, config.features, variant, cache, sounds))
    nothing = Nodes(np.empty((0, features.dimension), np.float32), [], [])
    nodes = [nothing if row.corpus in apart else next(found) for row in rows]
    return Clips.of(nodes, features, config.window, config.window_step)


def sounds_for(config: Config, variant: str) -> Sounds | None:
    """Return the recorded sounds that a variant needs; None if none, or none are configured."""
    part = augment.sounds_needed(variant)
    if not (part and config.sounds):
        return None
    return Sounds.of(Path(config.sounds), part, config.open_sounds)


def train_folds(
    wanted: Sequence[tuple[Run, Data, Sequence[int]]],
    executor: Executor,
    console: Console,
    saved: Callable[[Run, int], None] | None = None,
) -> None:
    """Train the folds missing from their runs; save each as soon as it is done.

    Args:
        wanted: runs, their data, and the folds wanted of each.
        executor: runs the fits of all folds of all runs in one queue.
        console: shows the epochs if it is a terminal, and a line for each fold.
        saved: called for every saved fold, first for those saved earlier.
    """
    if saved:
        for run, _, folds in wanted:
            for fold in folds:
                if fold not in run.unfinished:
                    saved(run, fold)
    missing = [
        (run, data, fold) for run, data, folds in wanted for fold in folds if fold in run.unfinished
    ]
    tasks = [
        Task(
            config=run.config,
            data=data,
            split=run.splits[fold],
            seed=fold_seed(run.seed, fold),
            logs=None if executor.cluster else run.path / "logs" / f"fold-{fold}",
        )
        for run, data, fold in missing
    ]
    named = len({run.path for run, _, _ in missing}) > 1
    fits = [
        Fits(
            name=f"{run.config.model}, seed {run.seed}, fold {fold}" if named else f"fold {fold}",
            logs=task.logs,
            candidates=len(run.config.candidates()),
            epochs=run.config.epochs,
            refit=run.config.refit,
        )
        for (run, _, fold), task in zip(missing, tasks, strict=True)
    ]
    with LiveFits(console, fits) as live:
        for place, chosen in fit_folds(tasks, executor):
            run, data, fold = missing[place]
            metrics = {
                "validation": chosen.fitted.validation,
                "test": _test(run, data, fold, chosen),
                "tried": [
                    {
                        "candidate": asdict(f.candidate),
                        "epochs": f.epochs,
                        "ua": f.validation_ua if f.validation else None,
                    }
                    for f in chosen.tried
                ],
            }
            run.save(fold, chosen.fitted, chosen.normalisation, metrics)
            if saved:
                saved(run, fold)
            live.finish(place, _describe(run.config, chosen))


def _describe(config: Config, chosen: FittedFold) -> str:
    """Say what became of a fold, in one line."""
    fitted = chosen.fitted
    parts = [config.choice(fitted.candidate), f"{fitted.epochs} epoch{'s' * (fitted.epochs > 1)}"]
    if fitted.history:
        last = fitted.history[min(fitted.epochs, len(fitted.history)) - 1]
        parts.append(f"loss {last.loss:.3f}")
    if fitted.validation:
        parts.append(f"validation UA {100 * fitted.validation_ua:.1f} %")
    return ", ".join([*filter(None, parts), duration(fitted.seconds)])


def train_final(run: Run, data: Data, *, device: str, console: Console) -> None:
    """Train the final network on all speakers, with the settings that the folds agreed on.

    Args:
        run: a run whose folds are trained.
        data: its clips in every variant needed.
        device: where to train.
        console: as for :func:`train_folds`.
    """
    if run.folder(None).is_dir():
        return
    candidate, epochs = run.agreed()
    logs = run.path / "logs" / "final"
    fits = Fits("all speakers", logs, candidates=0, epochs=epochs, refit=True)
    with LiveFits(console, [fits]) as live, write_curves(logs / REFIT) as log:
        fitted, normalisation = fit_final(
            run.config, data, run.speakers, candidate, epochs, seed=run.seed, device=device, log=log
        )
        run.save(None, fitted, normalisation, {})
        live.finish(0, _describe(run.config, FittedFold(fitted, normalisation, [fitted])))


def _test(run: Run, data: Data, fold: int, chosen: FittedFold) -> dict[str, Scores]:
    """Score the chosen network on the clean clips of the fold's test speakers."""
    rows = data.table.rows_of(run.splits[fold].test)
    trained = Trained.of(run.config, chosen.fitted, chosen.normalisation)
    return data.table.score(rows, trained.predict(data, rows))
