"""Training of one network on some speakers, with the epoch chosen on others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from train.learning.epoch import Learner
from train.learning.scoring import Subset, compute_logits
from train.learning.trained import Epoch, Fitted
from train.learning.windows import Batch, batches
from train.metrics import Scores, mean_ua

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from train.config import Candidate, Config
    from train.learning.data import Table


def choose_device(name: str) -> torch.device:
    """Choose the device for training; ``auto`` is cuda if available.

    Raises:
        EdgeSerError: cuda is requested but not available.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise EdgeSerError("torch finds no CUDA device; use --device cpu")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def fit(
    config: Config,
    candidate: Candidate,
    table: Table,
    training: Sequence[Subset],
    validation: Subset | None,
    *,
    seed: int,
    device: torch.device,
    epochs: int | None = None,
    start: Mapping[str, Tensor] | None = None,
    log: Callable[[int, Epoch], None] | None = None,
) -> Fitted:
    """Train a network.

    Keeps the epoch with the best validation UA; keeps the last epoch if there are no validation
    clips or the learning rate falls to zero.

    Args:
        config: optimisation settings.
        candidate: network settings; the graphs of the windows were built with its gamma.
        table: labels and corpora of the rows.
        training: the training clips, one subset per variant, all with the same rows.
        validation: clips of other speakers; None to train for all ``epochs``.
        seed: seed of weights, order, dropout and the choice of variants.
        device: where to train.
        epochs: largest number of epochs; that of ``config`` if None.
        start: initial weights; random if None.
        log: called with the number and the metrics of each epoch.
    """
    torch.set_num_threads(1)  # small products: processes use the cores better than threads
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    # processor time, which other work does not lengthen; a GPU's own is not among it
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    began = clock()
    longest = epochs or config.epochs
    learner = Learner(config, candidate, table, training, device, longest)
    if start is not None:
        learner.model.load_state_dict(start)
    checks = batches(validation.windows, device) if validation else []
    history: list[Epoch] = []
    best: tuple[int, dict[str, Tensor], dict[str, Scores]] | None = None
    for epoch in range(1, longest + 1):
        loss, accuracy = learner.epoch(random)
        scores: dict[str, Scores] = {}
        check = None
        if validation is not None:
            scores, check = _check(learner.model, table, validation, checks)
        ua = mean_ua(scores) if scores else None
        history.append(Epoch(loss=loss, accuracy=accuracy, validation_loss=check, validation_ua=ua))
        if log:
            log(epoch, history[-1])
        if validation is None:
            continue
        if config.schedule == "cosine":  # the rate falls to zero: keep the last epoch
            best = (epoch, {}, scores)
        elif best is None or mean_ua(scores) > mean_ua(best[2]):
            best = (epoch, learner.state(), scores)
        elif epoch - best[0] >= config.patience:
            break
    number, state, scores = best or (longest, {}, {})
    return Fitted(
        candidate=candidate,
        state=state or learner.state(),
        epochs=number,
        validation=scores,
        history=history,
        seconds=clock() - began,
    )


def _check(
    model: nn.Module, table: Table, validation: Subset, checks: Sequence[Batch]
) -> tuple[dict[str, Scores], float]:
    """Return the scores of the validation clips and the cross-entropy of their windows."""
    logits = compute_logits(model, checks, validation.classes)
    targets = table.labels[[window.row for window in validation.windows]]
    loss = nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets))
    return table.score(validation.rows, validation.predictions(logits)), float(loss)
