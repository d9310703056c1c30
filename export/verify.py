"""Comparison of exported files with the trained network on the folds' test speakers."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.backends import open_backend
from edge_ser.bundle import load_bundle
from edge_ser.features import feature_set
from export.card import Recipe, model_card
from export.encoder import encoder_files
from export.formats import Converted, Failure, by_name
from export.options import BACKENDS
from export.write import write_bundle
from train.learning.scoring import Subset, decide
from train.metrics import mean_ua

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import nn

    from train.learning.data import Data, Table
    from train.learning.trained import Trained
    from train.runs import Run

TRAINED, ROUNDED = "trained", "pytorch"
"""The network as trained, and as exported, which is the reference for every file."""


@dataclass(frozen=True)
class FoldResult:
    """Results of one fold's test clips in every runtime.

    Args:
        rows: (R,) the clips.
        logits: :data:`TRAINED`, :data:`ROUNDED` and each format to the (W, C) logits of their
            windows.
        probabilities: the same to the (R, C) probabilities of the clips.
        seconds: each format to the (W,) computing times of the windows.
        failures: the formats that failed.
    """

    rows: NDArray[np.int64]
    logits: dict[str, NDArray[np.float32]]
    probabilities: dict[str, NDArray[np.float64]]
    seconds: dict[str, NDArray[np.float64]]
    failures: dict[str, Failure]


def verify_fold(
    run: Run, data: Data, fold: int, trained: Trained, rounded: nn.Module, files: Converted
) -> FoldResult:
    """Run a fold's files on that fold's test clips, as on a device.

    Args:
        run: the run.
        data: its clips.
        fold: number of the fold.
        trained: the network as trained.
        rounded: the network that was converted.
        files: the converted files.
    """
    rows = data.table.rows_of(run.splits[fold].test)
    clips = trained.subset(data, rows)
    logits = {TRAINED: clips.logits(trained.model), ROUNDED: clips.logits(rounded)}
    seconds = {}
    failures = {name: file for name, file in files.items() if isinstance(file, Failure)}
    for name, content in files.items():
        if isinstance(content, bytes):
            try:
                logits[name], seconds[name] = _run(run, trained, name, content, clips)
            except Exception as error:  # noqa: BLE001 - a runtime may raise anything
                failures[name] = Failure(f"{type(error).__name__}: {error}", "when it ran")
    return FoldResult(
        rows=rows,
        logits=logits,
        probabilities={name: clips.probabilities(values) for name, values in logits.items()},
        seconds=seconds,
        failures=failures,
    )


def _run(
    run: Run, trained: Trained, name: str, content: bytes, clips: Subset
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Compute the logits of each window in turn, and measure the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        card = model_card(run, trained, "fold", Recipe("fp32"), {})
        contents = by_name({name: content}) | encoder_files(feature_set(run.config.features), [])
        write_bundle(path, card, contents)
        backend = open_backend(load_bundle(path), BACKENDS[name])
    logits, seconds = [], []
    for x, a_hat in clips.inputs():
        began = time.perf_counter()
        logits.append(backend(x, a_hat))
        seconds.append(time.perf_counter() - began)
    return np.stack(logits), np.array(seconds)


@dataclass(frozen=True)
class Outcome:
    """Results of one runtime on the pooled test folds.

    Args:
        name: :data:`TRAINED`, :data:`ROUNDED` or a format.
        scores: corpus to WA, UA, recalls, confusion.
        change: largest and mean absolute change of a logit against :data:`TRAINED`.
        difference: largest absolute difference of a logit from :data:`ROUNDED`.
        probability: largest absolute difference of a clip's probability from :data:`ROUNDED`.
        milliseconds: p50 and p95 of the time for a window; None for PyTorch.
    """

    name: str
    scores: dict[str, dict[str, Any]]
    change: tuple[float, float]
    difference: float
    probability: float
    milliseconds: tuple[float, float] | None

    @property
    def ua(self) -> float:
        """UA in percent, the mean over the corpora."""
        return 100 * mean_ua(self.scores)


def usable(
    files: Converted, folds: Sequence[FoldResult]
) -> tuple[dict[str, bytes], dict[str, Failure]]:
    """Separate the files of formats that worked in every fold from the failures."""
    failures = {name: file for name, file in files.items() if isinstance(file, Failure)}
    for result in folds:
        failures |= result.failures
    held = {
        name: file
        for name, file in files.items()
        if isinstance(file, bytes) and name not in failures
    }
    return held, failures


def pool(folds: Sequence[FoldResult], table: Table) -> list[Outcome]:
    """Pool all test folds: outcomes of both networks, then of each format that all folds have."""
    rows = np.concatenate([fold.rows for fold in folds])
    names = [name for name in folds[0].logits if all(name in fold.logits for fold in folds)]

    def joined(which: str, name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(fold, which)[name] for fold in folds])

    outcomes = []
    for name in names:
        change = np.abs(joined("logits", name) - joined("logits", TRAINED))
        probabilities = joined("probabilities", name)
        milliseconds = None
        if name in folds[0].seconds:
            p50, p95 = np.percentile(1000 * joined("seconds", name), [50, 95])
            milliseconds = (float(p50), float(p95))
        outcomes.append(
            Outcome(
                name=name,
                scores=table.score(rows, decide(probabilities)),
                change=(float(change.max()), float(change.mean())),
                difference=float(np.abs(joined("logits", name) - joined("logits", ROUNDED)).max()),
                probability=float(np.abs(probabilities - joined("probabilities", ROUNDED)).max()),
                milliseconds=milliseconds,
            )
        )
    return outcomes
