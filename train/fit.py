"""Training one network on some speakers, the epoch chosen on others."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train import models
from train.config import Candidate, Config
from train.data import Batch, Clips, Graph, Table, collate, shuffled
from train.extraction import dimension
from train.metrics import Scores, mean_ua
from train.models.network import Network
from train.scoring import batches, clip_probabilities, compute_logits, decide


@dataclass(frozen=True)
class Epoch:
    """One pass over the training clips: a point of the learning curves.

    Args:
        loss: mean over the training graphs, while they were learnt from.
        accuracy: share of them that was right then.
        validation_loss: cross-entropy of the validation clips' graphs; None without any.
        validation_ua: UA on the validation speakers, the mean over the corpora; None likewise.
    """

    loss: float
    accuracy: float
    validation_loss: float | None
    validation_ua: float | None


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Args:
        candidate: its settings.
        state: its weights, on the CPU.
        epochs: passes over the training clips that made it.
        validation: corpus to figures on the validation speakers, empty without any.
        history: what :class:`Epoch` says, epoch by epoch, those after the best one too.
        seconds: that the training took; of a fold, with everything that it tried.
    """

    candidate: Candidate
    state: dict[str, Tensor]
    epochs: int
    validation: dict[str, Scores]
    history: list[Epoch]
    seconds: float

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


_MIXED = 1_000_000
"""Parameters from which a GPU computes in bfloat16; smaller products leave it idle either way."""


def choose_device(name: str) -> torch.device:
    """``auto`` is cuda where there is one.

    Raises:
        EdgeSerError: cuda is asked for and there is none.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise EdgeSerError("torch finds no CUDA device; use --device cpu")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def build_model(config: Config, candidate: Candidate) -> Network:
    """The candidate's network with random weights."""
    width = dimension(config.features)
    return models.create(config.model, width, len(LABELS), candidate.network)


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
        start: weights to go on from; random ones otherwise.
        log: is told every epoch's number and figures.
    """
    torch.set_num_threads(1)  # products this small: processes use the cores better than threads
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    began = time.perf_counter()
    pool = _Pool(training)
    learner = _Learner(config, candidate, device, epochs or config.epochs)
    if start is not None:
        learner.model.load_state_dict(start)
    labels = torch.from_numpy(table.labels).to(device)
    weights = torch.from_numpy(_weights(config.balance, table, training[0].rows)).to(device)
    checks = batches(validation.graphs, device) if validation else []
    history: list[Epoch] = []
    best: tuple[int, dict[str, Tensor], dict[str, Scores]] | None = None
    for epoch in range(1, learner.epochs + 1):
        chosen = pool.draw(random)
        lengths = [len(pool.graphs[i].x) for i in chosen]
        loss = right = 0.0
        learner.model.train()
        for places in shuffled(lengths, config.batch, random):
            batch = collate(pool.graphs, [chosen[place] for place in places], device)
            rows = pool.rows[batch.index.cpu()].to(device)
            batch_loss, batch_right = learner.step(batch, labels[rows], weights[rows], random)
            loss += batch_loss * len(places)
            right += batch_right
        learner.scheduler.step()
        scores: dict[str, Scores] = {}
        check = None
        if validation is not None:
            scores, check = _check(learner.model, table, validation, checks)
        ua = mean_ua(scores) if scores else None
        history.append(Epoch(loss / len(chosen), right / len(chosen), check, ua))
        if log:
            log(epoch, history[-1])
        if validation is None:
            continue
        if config.schedule == "cosine":  # the rate falls to nothing: the last epoch is the choice
            best = (epoch, {}, scores)
        elif best is None or mean_ua(scores) > mean_ua(best[2]):
            best = (epoch, _state(learner.model), scores)
        elif epoch - best[0] >= config.patience:
            break
    seconds = time.perf_counter() - began
    if best is None:
        return Fitted(candidate, _state(learner.model), learner.epochs, {}, history, seconds)
    number, state, scores = best
    return Fitted(candidate, state or _state(learner.model), number, scores, history, seconds)


def _check(
    model: nn.Module, table: Table, validation: Subset, checks: Sequence[Batch]
) -> tuple[dict[str, Scores], float]:
    """Corpus to figures of the validation clips, and the cross-entropy of their graphs."""
    logits = compute_logits(model, checks)
    probabilities = clip_probabilities(logits, validation.graphs, validation.clips, validation.rows)
    targets = table.labels[[graph.row for graph in validation.graphs]]
    loss = nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets))
    return table.score(validation.rows, decide(probabilities)), float(loss)


class _Learner:
    """A network, its optimiser and its learning rate."""

    def __init__(
        self, config: Config, candidate: Candidate, device: torch.device, epochs: int
    ) -> None:
        self.epochs = epochs
        self.model = build_model(config, candidate).to(device)
        self._mixup = config.mixup
        large = models.count_parameters(self.model) >= _MIXED
        self._mixed = large and device.type == "cuda"
        self._optimiser = torch.optim.Adam(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.scheduler = _schedule(config, self._optimiser, epochs)

    def step(
        self, batch: Batch, labels: Tensor, weights: Tensor, random: np.random.Generator
    ) -> tuple[float, int]:
        """Learns from a batch; returns its mean loss and how many of it were right."""
        inputs, targets = batch.inputs, labels
        if self._mixup:
            inputs, targets, weights = _mix(inputs, labels, weights, self._mixup, random)
            labels = targets.argmax(dim=1)
        with torch.autocast("cuda", torch.bfloat16, enabled=self._mixed):
            staged = self.model.stages(*inputs)
        losses = torch.stack(
            [
                share * nn.functional.cross_entropy(logits.float(), targets, reduction="none")
                for share, logits in staged
            ]
        ).sum(dim=0)
        loss = (losses * weights).sum() / weights.sum()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        right = (staged[-1][1].argmax(dim=1) == labels).sum()
        return loss.item(), int(right.item())


def _schedule(
    config: Config, optimiser: torch.optim.Optimizer, epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """How the learning rate falls, epoch by epoch."""
    if config.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    decay = config.decay if config.schedule == "exponential" else 1.0
    lowest = config.minimum_rate / config.learning_rate if decay < 1 else 0.0
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: max(decay**epoch, lowest))


def _mix(
    inputs: tuple[Tensor, ...],
    labels: Tensor,
    weights: Tensor,
    alpha: float,
    random: np.random.Generator,
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Mixup, GLAM's equations (1) and (2): each clip and its label with another of the batch.

    A frame counts where either of the two has one. The labels come back as (B, C) shares.
    """
    share = float(random.beta(alpha, alpha))
    order = torch.from_numpy(random.permutation(len(labels))).to(labels.device)
    targets = nn.functional.one_hot(labels, len(LABELS)).float()
    x, mask = inputs
    mixed = share * x + (1 - share) * x[order]
    return (
        (mixed, torch.maximum(mask, mask[order])),
        share * targets + (1 - share) * targets[order],
        share * weights + (1 - share) * weights[order],
    )


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
