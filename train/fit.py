"""Training one network on some speakers, the epoch chosen on others."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from edge_ser.features import feature_set
from train import models
from train.config import Candidate, Config
from train.data import Batch, Clips, Graph, Table, collate, shuffled
from train.metrics import Scores, mean_ua, score_corpora
from train.scoring import batches, predict


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Args:
        candidate: its settings.
        state: its weights, on the CPU.
        epochs: passes over the training clips that made it.
        validation: corpus to figures on the validation speakers, empty without any.
    """

    candidate: Candidate
    state: dict[str, Tensor]
    epochs: int
    validation: dict[str, Scores]

    @property
    def validation_ua(self) -> float:
        """What candidates are chosen by: UA, the mean over the corpora."""
        return mean_ua(self.validation)


@dataclass(frozen=True)
class Subset:
    """Clips of one variant: indices of their rows, and the graphs found in them."""

    clips: Clips
    rows: NDArray[np.int64]
    graphs: list[Graph]


def choose_device(name: str) -> torch.device:
    """``auto`` is cuda where there is one.

    Raises:
        EdgeSerError: cuda is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise EdgeSerError("torch finds no CUDA device; use --device cpu")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def build_model(config: Config, candidate: Candidate) -> nn.Module:
    """The candidate's network with random weights."""
    dimension = feature_set(config.features).dimension
    return models.create(config.model, dimension, len(LABELS), candidate.network)


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
) -> Fitted:
    """Trains a network.

    Keeps the epoch with the best validation UA; the last one without validation clips, or where
    the learning rate has fallen to zero by then.

    Args:
        config: optimisation settings.
        candidate: network settings; the graphs have its gamma already.
        table: labels and corpora of the rows.
        training: the training clips, one subset a variant, all with the same rows.
        validation: clips of other speakers; None to train for all ``epochs``.
        seed: of weights, order, dropout and the choice of variants.
        device: where to train.
        epochs: at most, if not those of ``config``.
    """
    torch.set_num_threads(1)  # products this small: processes use the cores better than threads
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    pool = _Pool(training)
    model = build_model(config, candidate).to(device)
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    labels = torch.from_numpy(table.labels).to(device)
    weights = torch.from_numpy(_weights(config.balance, table, training[0].rows)).to(device)
    checks = batches(validation.graphs, device) if validation else []
    best: Fitted | None = None
    total = epochs or config.epochs
    falling = config.schedule == "cosine"
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, total) if falling else None
    for epoch in range(1, total + 1):
        chosen = pool.draw(random)
        lengths = [len(pool.graphs[i].x) for i in chosen]
        model.train()
        for places in shuffled(lengths, config.batch, random):
            batch = collate(pool.graphs, [chosen[place] for place in places], device)
            rows = pool.rows[batch.index.cpu()].to(device)
            _step(model, optimiser, batch, labels[rows], weights[rows])
        if scheduler:
            scheduler.step()
        if validation is None or (scheduler and epoch < total):
            continue
        predictions = predict(model, validation.graphs, validation.clips, validation.rows, checks)
        scores = score_corpora(
            table.corpora[validation.rows], table.labels[validation.rows], predictions
        )
        if best is None or mean_ua(scores) > best.validation_ua:
            best = Fitted(candidate, _state(model), epoch, scores)
        elif epoch - best.epochs >= config.patience:
            break
    return best or Fitted(candidate, _state(model), total, {})


def _step(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    labels: Tensor,
    weights: Tensor,
) -> None:
    logits = model(batch.x, batch.a_hat, batch.mask)
    losses = nn.functional.cross_entropy(logits, labels, reduction="none")
    loss = (losses * weights).sum() / weights.sum()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def _state(model: nn.Module) -> dict[str, Tensor]:
    return copy.deepcopy({name: value.cpu() for name, value in model.state_dict().items()})


def _weights(balance: str, table: Table, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """(R,) weight of every clip in the loss, by how rare its corpus and class are in ``rows``."""
    weights = np.ones(len(table.labels), np.float32)
    if balance == "corpora":
        groups = np.char.add(table.corpora, table.labels.astype(str))
        names, counts = np.unique(groups[rows], return_counts=True)
        for name, count in zip(names, counts, strict=True):
            weights[groups == name] = len(rows) / (len(names) * count)
    return weights


class _Pool:
    """All training graphs of all variants, and which of them an epoch uses."""

    def __init__(self, training: Sequence[Subset]) -> None:
        self.graphs = [graph for subset in training for graph in subset.graphs]
        if not self.graphs:
            raise EdgeSerError("no speech was found in any training clip")
        self.rows = torch.tensor([graph.row for graph in self.graphs])
        variants: dict[int, dict[int, list[int]]] = {}
        place = 0
        for number, subset in enumerate(training):
            for graph in subset.graphs:
                variants.setdefault(graph.row, {}).setdefault(number, []).append(place)
                place += 1
        self._variants = [list(found.values()) for found in variants.values()]

    def draw(self, random: np.random.Generator) -> list[int]:
        """Places of the graphs of one variant a clip, among those in which speech was found."""
        return [
            place
            for variants in self._variants
            for place in variants[random.integers(len(variants))]
        ]
