"""Training of folds in parallel: each fits all candidates and keeps the best on validation."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from joblib import delayed

from edge_ser.errors import EdgeSerError
from train.conditions import augment
from train.learning import learning_curves
from train.learning.data import Data, fit_normalisation
from train.learning.fit import choose_device, fit
from train.learning.trained import Fitted, make_subset

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from edge_ser.normalisation import Normalisation
    from train.config import Candidate, Config
    from train.learning.executor import Executor
    from train.learning.scoring import Subset
    from train.protocol import Speaker, Split


@dataclass(frozen=True)
class FittedFold:
    """The network that validation chose in a fold, and all candidates.

    Args:
        fitted: the chosen network.
        normalisation: fitted to the training speakers; None if it is per speaker.
        tried: all candidates.
    """

    fitted: Fitted
    normalisation: Normalisation | None
    tried: list[Fitted]


def training_variants(config: Config) -> list[str]:
    """List the variants that training draws from."""
    copies = [augment.copy(number) for number in range(config.augment)]
    channels = [augment.channel(number, config.effects) for number in range(config.channels)]
    return [augment.CLEAN, *copies, *channels]


@dataclass(frozen=True)
class Task:
    """A fold to be trained.

    Args:
        config: settings.
        data: the rows in every variant that the settings need.
        split: the speakers.
        seed: random seed.
        logs: folder for the learning curve of each fit; None to write none.
    """

    config: Config
    data: Data
    split: Split
    seed: int
    logs: Path | None = None


def fit_folds(tasks: Sequence[Task], executor: Executor) -> Iterator[tuple[int, FittedFold]]:
    """Fit the folds of one or more runs; yield the index and result of each when it is done."""
    calls = [
        delayed(_fit_fold)(place, replace(task, data=_needed(task)), executor.device)
        for place, task in enumerate(tasks)
    ]
    yield from executor.unordered(calls)


def _needed(task: Task) -> Data:
    """Keep only the training variants, which is all that another process needs."""
    variants = training_variants(task.config)
    return replace(task.data, clips={variant: task.data.clips[variant] for variant in variants})


def _fit_fold(place: int, task: Task, device: str) -> tuple[int, FittedFold]:
    """Fit all candidates and keep the best on validation, without using the test speakers."""
    config, data, split = task.config, task.data, task.split
    rows = _learnt_from(config, data, split.train, task.seed)
    held_out = data.table.rows_of(_learnable(config, split.validation))
    if not len(held_out) and len(config.candidates()) > 1:
        raise EdgeSerError(
            "nobody validates in this protocol: --set one value for every key that has several"
        )
    normalisation = _fit_normalisation(config, data, rows)
    tried: list[Fitted] = []
    for gamma, candidates in groupby(config.candidates(), key=lambda c: c.gamma):
        training = _training(config, data, gamma, normalisation, rows)
        validation = (
            make_subset(config, data, augment.CLEAN, gamma, normalisation, held_out)
            if len(held_out)
            else None
        )
        for candidate in candidates:
            with _log(task.logs, learning_curves.candidate_folder(len(tried))) as log:
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
        return place, FittedFold(
            fitted=replace(best, seconds=seconds), normalisation=normalisation, tried=tried
        )
    everyone = (*split.train, *split.validation)
    with _log(task.logs, learning_curves.REFIT) as log:
        fitted, normalisation = fit_final(
            config,
            data,
            everyone,
            best.candidate,
            best.epochs,
            seed=task.seed,
            device=device,
            log=log,
        )
    chosen = replace(
        fitted,
        validation=best.validation,
        history=best.history,
        seconds=seconds + fitted.seconds,
    )
    return place, FittedFold(fitted=chosen, normalisation=normalisation, tried=tried)


def _log(logs: Path | None, name: str) -> AbstractContextManager[learning_curves.Log | None]:
    return nullcontext() if logs is None else learning_curves.write_curves(logs / name)


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
    log: learning_curves.Log | None = None,
) -> tuple[Fitted, Normalisation | None]:
    """Train the candidate on all ``speakers`` for ``epochs``, starting from ``start`` if given."""
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
        log=log,
    )
    return fitted, normalisation


def fold_seed(seed: int, fold: int) -> int:
    """Derive a seed that differs between folds, and between the folds of different seeds."""
    return int(np.random.SeedSequence((seed, fold)).generate_state(1)[0])


def _learnt_from(
    config: Config, data: Data, speakers: Sequence[Speaker], seed: int
) -> NDArray[np.int64]:
    """Return the rows of ``speakers``, or the configured share of them."""
    rows = data.table.rows_of(_learnable(config, speakers))
    if not len(rows):
        raise EdgeSerError("nothing to learn from: tested_only leaves no speaker to train on")
    if config.share == 1:
        return rows
    count = max(1, round(config.share * len(rows)))
    return np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def _learnable(config: Config, speakers: Sequence[Speaker]) -> list[Speaker]:
    return [speaker for speaker in speakers if speaker[0] not in config.tested_only]


def _fit_normalisation(config: Config, data: Data, rows: NDArray[np.int64]) -> Normalisation | None:
    if config.normalisation == "speaker":
        return None
    groups = data.table.corpora if config.balance == "corpora" else None
    return fit_normalisation(data.clips[augment.CLEAN], rows, config.limit, groups)


def _training(
    config: Config,
    data: Data,
    gamma: float | None,
    normalisation: Normalisation | None,
    rows: NDArray[np.int64],
) -> list[Subset]:
    return [
        make_subset(config, data, variant, gamma, normalisation, rows)
        for variant in training_variants(config)
    ]
