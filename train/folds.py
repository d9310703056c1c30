"""One fold after another: candidates fitted in parallel, the best on validation kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from torch import nn

from edge_ser.normalisation import Normalisation, normalise
from train import augment
from train.config import Candidate, Config
from train.data import Clips, Table, cold, graphs, per_speaker
from train.fit import Fitted, Subset, build_model, choose_device, fit
from train.protocol import Speaker, Split
from train.scoring import batches, predict


@dataclass(frozen=True)
class Data:
    """All rows, and their nodes in every variant that is needed."""

    table: Table
    clips: Mapping[str, Clips]


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


def fit_folds(
    config: Config, data: Data, splits: Mapping[int, Split], *, seed: int, device: str, jobs: int
) -> Iterator[tuple[int, Chosen]]:
    """Fits the folds ``splits``, number to split; yields each as it is done, in order."""
    variants = training_variants(config)
    data = replace(data, clips={variant: data.clips[variant] for variant in variants})
    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_fit_fold)(config, data, split, seed=fold_seed(seed, number), device=device)
        for number, split in splits.items()
    )
    yield from zip(splits, results, strict=True)


def _fit_fold(config: Config, data: Data, split: Split, *, seed: int, device: str) -> Chosen:
    """Fits all candidates, keeps the best on validation. The test speakers are not looked at."""
    table = data.table
    rows, held_out = table.rows_of(split.train), table.rows_of(split.validation)
    normalisation = _fit_normalisation(config, data, rows)
    tried = []
    for gamma, candidates in groupby(config.candidates(), key=lambda c: c.gamma):
        training = _training(config, data, gamma, normalisation, rows)
        validation = subset(config, data, augment.CLEAN, gamma, normalisation, held_out)
        tried += [
            fit(config, c, table, training, validation, seed=seed, device=choose_device(device))
            for c in candidates
        ]
    best = max(tried, key=lambda fitted: fitted.validation_ua)
    if not config.refit:
        return Chosen(best, normalisation, tried)
    everyone = (*split.train, *split.validation)
    fitted, normalisation = fit_final(
        config, data, everyone, best.candidate, best.epochs, seed=seed, device=device
    )
    return Chosen(replace(fitted, validation=best.validation), normalisation, tried)


def fit_final(
    config: Config,
    data: Data,
    speakers: Sequence[Speaker],
    candidate: Candidate,
    epochs: int,
    *,
    seed: int,
    device: str,
) -> tuple[Fitted, Normalisation | None]:
    """Trains the candidate on all ``speakers`` for so many epochs."""
    rows = data.table.rows_of(speakers)
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
    )
    return fitted, normalisation


def predict_rows(
    config: Config, data: Data, variant: str, trained: Trained, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(R,) labels that a trained network predicts for the clips ``rows`` in a variant."""
    chosen = subset(config, data, variant, trained.candidate.gamma, trained.normalisation, rows)
    return predict(trained.model, chosen.graphs, chosen.clips, rows, batches(chosen.graphs))


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
    return Subset(clips, rows, graphs(clips, normalised, rows, config.graph, gamma))


def fold_seed(seed: int, fold: int) -> int:
    """Seeds that differ between folds, and between the folds of different seeds."""
    return int(np.random.SeedSequence((seed, fold)).generate_state(1)[0])


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
