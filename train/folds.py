"""One fold after another: candidates fitted in parallel, the best on validation kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
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
    """Fits the folds ``splits``, number to split; yields each as it is done, in order.

    A task is one fold and one gamma: its graphs are built once for all networks.
    """
    gammas: dict[float | None, list[Candidate]] = {}
    for candidate in config.candidates():
        gammas.setdefault(candidate.gamma, []).append(candidate)
    variants = training_variants(config)
    data = replace(data, clips={variant: data.clips[variant] for variant in variants})
    results = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(_fit_candidates)(config, data, split, candidates, fold_seed(seed, number), device)
        for number, split in splits.items()
        for candidates in gammas.values()
    )
    for number, split in splits.items():
        tried: list[Fitted] = [fitted for _ in gammas for fitted in next(results)]
        best = max(tried, key=lambda fitted: fitted.validation_ua)
        normalisation = _fit_normalisation(config, data, data.table.rows_of(split.train))
        yield number, Chosen(best, normalisation, tried)


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
    training = [
        subset(config, data, variant, candidate.gamma, normalisation, rows)
        for variant in training_variants(config)
    ]
    fitted = fit(
        config,
        candidate,
        data.table,
        training,
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


def _fit_candidates(
    config: Config,
    data: Data,
    split: Split,
    candidates: Sequence[Candidate],
    seed: int,
    device: str,
) -> list[Fitted]:
    """Fits the candidates, all of one gamma. The test speakers' clips are not looked at."""
    table, gamma = data.table, candidates[0].gamma
    rows = table.rows_of(split.train)
    normalisation = _fit_normalisation(config, data, rows)
    training = [
        subset(config, data, variant, gamma, normalisation, rows)
        for variant in training_variants(config)
    ]
    held_out = table.rows_of(split.validation)
    validation = subset(config, data, augment.CLEAN, gamma, normalisation, held_out)
    return [
        fit(config, candidate, table, training, validation, seed=seed, device=choose_device(device))
        for candidate in candidates
    ]
