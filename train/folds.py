"""One fold after another: candidates fitted in parallel, the best on validation kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from edge_ser.normalisation import Normalisation, normalise
from train import augment, curves
from train.config import Candidate, Config
from train.data import Clips, Table, cold, graphs, per_speaker
from train.fit import Fitted, Subset, build_model, choose_device, fit
from train.machine import Machine
from train.protocol import Speaker, Split
from train.scoring import batches, clip_probabilities, compute_logits, decide
from train.words import Words


@dataclass(frozen=True)
class Data:
    """All rows, their nodes in every variant that is needed, and their words if those are."""

    table: Table
    clips: Mapping[str, Clips]
    words: Words | None = None


@dataclass(frozen=True)
class Chosen:
    """What a fold chose, and what it chose from.

    Args:
        fitted: the network.
        normalisation: of the training speakers; None where each speaker has its own.
        tried: all candidates.
    """

    fitted: Fitted
    normalisation: Normalisation | None
    tried: list[Fitted]


@dataclass(frozen=True)
class Trained:
    """A network ready for use.

    Args:
        candidate: its settings.
        model: in evaluation mode, on the CPU.
        normalisation: of the training speakers; None where each speaker has its own.
    """

    candidate: Candidate
    model: nn.Module
    normalisation: Normalisation | None

    @classmethod
    def of(cls, config: Config, fitted: Fitted, normalisation: Normalisation | None) -> Trained:
        """From the weights."""
        model = build_model(config, fitted.candidate)
        model.load_state_dict(fitted.state)
        return cls(fitted.candidate, model.eval(), normalisation)


def training_variants(config: Config) -> list[str]:
    """The variants that training draws from."""
    return [augment.CLEAN, *(augment.copy(number) for number in range(config.augment))]


@dataclass(frozen=True)
class Task:
    """A fold to be fitted.

    Args:
        config: settings.
        data: the rows in every variant that the settings ask for.
        split: the speakers.
        seed: of everything random.
        logs: folder that gets each candidate's learning curve; None for none.
    """

    config: Config
    data: Data
    split: Split
    seed: int
    logs: Path | None = None


def fit_folds(tasks: Sequence[Task], machine: Machine) -> Iterator[tuple[int, Chosen]]:
    """Fits the folds, of one run or of many; yields place and result of each as it is done."""
    calls = [
        delayed(_fit_fold)(place, replace(task, data=_needed(task)), machine.device)
        for place, task in enumerate(tasks)
    ]
    yield from machine.unordered(calls)


def _needed(task: Task) -> Data:
    """What travels to another process: the training variants alone."""
    variants = training_variants(task.config)
    return replace(task.data, clips={variant: task.data.clips[variant] for variant in variants})


def _fit_fold(place: int, task: Task, device: str) -> tuple[int, Chosen]:
    """Fits all candidates, keeps the best on validation. The test speakers are not looked at."""
    config, data, split = task.config, task.data, task.split
    rows = _learnt_from(config, data, split.train, task.seed)
    held_out = data.table.rows_of(split.validation)
    if not len(held_out) and len(config.candidates()) > 1:
        raise EdgeSerError(
            "nobody validates in this protocol: --set one value for every key that has several"
        )
    normalisation = _fit_normalisation(config, data, rows)
    tried: list[Fitted] = []
    for gamma, candidates in groupby(config.candidates(), key=lambda c: c.gamma):
        training = _training(config, data, gamma, normalisation, rows)
        validation = (
            subset(config, data, augment.CLEAN, gamma, normalisation, held_out)
            if len(held_out)
            else None
        )
        for candidate in candidates:
            with _log(task, len(tried)) as log:
                fitted = fit(
                    config,
                    candidate,
                    data.table,
                    training,
                    validation,
                    seed=task.seed,
                    device=choose_device(device),
                    log=log,
                )
            tried.append(fitted)
    best = max(tried, key=lambda f: f.validation_ua) if len(tried) > 1 else tried[0]
    seconds = sum(fitted.seconds for fitted in tried)
    if not config.refit:
        return place, Chosen(replace(best, seconds=seconds), normalisation, tried)
    everyone = (*split.train, *split.validation)
    fitted, normalisation = fit_final(
        config, data, everyone, best.candidate, best.epochs, seed=task.seed, device=device
    )
    chosen = replace(
        fitted,
        validation=best.validation,
        history=best.history,
        seconds=seconds + fitted.seconds,
    )
    return place, Chosen(chosen, normalisation, tried)


def _log(task: Task, number: int) -> AbstractContextManager[curves.Log | None]:
    return nullcontext() if task.logs is None else curves.writing(task.logs / f"candidate-{number}")


def fit_final(
    config: Config,
    data: Data,
    speakers: Sequence[Speaker],
    candidate: Candidate,
    epochs: int,
    *,
    seed: int,
    device: str,
    start: Mapping[str, Tensor] | None = None,
) -> tuple[Fitted, Normalisation | None]:
    """Trains the candidate on all ``speakers`` for so many epochs, going on from ``start``."""
    rows = _learnt_from(config, data, speakers, seed)
    normalisation = _fit_normalisation(config, data, rows)
    fitted = fit(
        config,
        candidate,
        data.table,
        _training(config, data, candidate.gamma, normalisation, rows),
        None,
        seed=seed,
        device=choose_device(device),
        epochs=epochs,
        start=start,
    )
    return fitted, normalisation


def predict_rows(
    config: Config, data: Data, variant: str, trained: Trained, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(R,) labels that a trained network predicts for the clips ``rows`` in a variant."""
    chosen = subset(config, data, variant, trained.candidate.gamma, trained.normalisation, rows)
    logits = compute_logits(trained.model, batches(chosen.graphs))
    return decide(clip_probabilities(logits, chosen.graphs, chosen.clips, rows))


def subset(
    config: Config,
    data: Data,
    variant: str,
    gamma: float | None,
    normalisation: Normalisation | None,
    rows: NDArray[np.int64],
) -> Subset:
    """The clips ``rows`` in one variant as graphs.

    Per-speaker normalisation takes each speaker as heard in that variant.
    """
    clips = data.clips[variant]
    if normalisation is None:
        normalised = per_speaker(clips, data.table, config.clip)
    else:
        normalised = normalise(clips.values, normalisation)
    return Subset(clips, rows, graphs(clips, normalised, rows, config.graph, gamma, data.words))


def fold_seed(seed: int, fold: int) -> int:
    """Seeds that differ between folds, and between the folds of different seeds."""
    return int(np.random.SeedSequence((seed, fold)).generate_state(1)[0])


def _learnt_from(
    config: Config, data: Data, speakers: Sequence[Speaker], seed: int
) -> NDArray[np.int64]:
    """The rows of ``speakers``, or the share of them that the settings ask for."""
    rows = data.table.rows_of(speakers)
    if config.share == 1:
        return rows
    count = max(1, round(config.share * len(rows)))
    return np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def _fit_normalisation(config: Config, data: Data, rows: NDArray[np.int64]) -> Normalisation | None:
    if config.normalisation == "speaker":
        return None
    return cold(data.clips[augment.CLEAN], rows, config.clip)


def _training(
    config: Config,
    data: Data,
    gamma: float | None,
    normalisation: Normalisation | None,
    rows: NDArray[np.int64],
) -> list[Subset]:
    return [
        subset(config, data, variant, gamma, normalisation, rows)
        for variant in training_variants(config)
    ]
