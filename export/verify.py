"""What an exported model gives beside the trained one, on the folds' test speakers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_ser.backends import BACKENDS, open_backend
from edge_ser.bundle import WEIGHTS, load_bundle
from edge_ser.features import feature_set
from export.card import model_card
from export.to_numpy import to_numpy
from export.to_onnx import to_onnx
from export.write import write_bundle
from train import augment
from train.data import Table, collate
from train.folds import Data, Trained, subset
from train.metrics import mean_ua, score_corpora
from train.runs import Run
from train.scoring import batches, clip_probabilities, compute_logits, decide

TRAINED = "pytorch"


@dataclass(frozen=True)
class Outcome:
    """One runtime on the pooled test folds.

    Args:
        runtime: ``pytorch`` for the trained fp32 networks, or a backend.
        scores: corpus to WA, UA, recalls, confusion.
        largest: largest absolute change of a logit against ``pytorch``.
        mean: mean absolute change.
        probabilities: (R, C) of all test clips, fold after fold.
    """

    runtime: str
    scores: dict[str, dict[str, Any]]
    largest: float
    mean: float
    probabilities: NDArray[np.float64]

    @property
    def ua(self) -> float:
        """UA in percent, the mean over the corpora."""
        return 100 * mean_ua(self.scores)


def weight_files(run: Run, trained: Trained, precision: str) -> dict[str, bytes]:
    """The weight files of a network, by their names in a bundle."""
    dimension = feature_set(run.config.features).dimension
    return {
        WEIGHTS["numpy"]: to_numpy(trained.model, precision),
        WEIGHTS["onnx"]: to_onnx(trained.model, dimension, precision),
    }


@dataclass(frozen=True)
class FoldResult:
    """One fold's test clips through every runtime.

    Args:
        rows: (R,) the clips.
        logits: runtime to (G, C) logits of their graphs.
        probabilities: runtime to (R, C) probabilities of the clips.
    """

    rows: NDArray[np.int64]
    logits: dict[str, NDArray[np.float32]]
    probabilities: dict[str, NDArray[np.float64]]


def verify_fold(run: Run, data: Data, fold: int, precision: str) -> FoldResult:
    """Exports a fold's network and runs it on that fold's test clips, as a device would."""
    trained, rows = run.load(fold), data.table.rows_of(run.splits[fold].test)
    chosen = subset(
        run.config, data, augment.CLEAN, trained.candidate.gamma, trained.normalisation, rows
    )
    logits = {TRAINED: compute_logits(trained.model, batches(chosen.graphs))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        card = model_card(run, trained, f"fold-{fold}", precision, {})
        write_bundle(path, card, weight_files(run, trained, precision))
        bundle = load_bundle(path)
    alone = [collate(chosen.graphs, [place]).inputs for place in range(len(chosen.graphs))]
    for name in BACKENDS:
        backend = open_backend(bundle, name)
        logits[name] = np.stack([backend(x[0].numpy(), a_hat[0].numpy()) for x, a_hat, _ in alone])
    return FoldResult(
        rows,
        logits,
        {k: clip_probabilities(v, chosen.graphs, chosen.clips, rows) for k, v in logits.items()},
    )


def pool(folds: Sequence[FoldResult], table: Table) -> list[Outcome]:
    """The outcomes over all test folds: ``pytorch`` first, then each backend."""
    rows = np.concatenate([fold.rows for fold in folds])
    reference = np.concatenate([fold.logits[TRAINED] for fold in folds])
    outcomes = []
    for runtime in folds[0].logits:
        change = np.abs(np.concatenate([fold.logits[runtime] for fold in folds]) - reference)
        probabilities = np.concatenate([fold.probabilities[runtime] for fold in folds])
        predictions = decide(probabilities)
        outcomes.append(
            Outcome(
                runtime,
                score_corpora(table.corpora[rows], table.labels[rows], predictions),
                float(change.max()),
                float(change.mean()),
                probabilities,
            )
        )
    return outcomes


def disagreement(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """Between two backends: largest difference in probability, and share of equal labels."""
    first, *others = [o.probabilities for o in outcomes if o.runtime != TRAINED]
    largest = max(float(np.abs(first - other).max()) for other in others)
    equal = min(float(np.mean(decide(first) == decide(other))) for other in others)
    return largest, equal
