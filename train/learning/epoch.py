"""One epoch of training: draw a variant of each clip, batch its windows, step the optimiser."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from edge_ser.errors import EdgeSerError
from train.learning.contexts import Contexts
from train.learning.trained import build_model
from train.learning.windows import Batch, Window, adjacency, collate, shuffled
from train.models import count_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edge_ser.voice import VoiceStatistics
    from train.config import Candidate, Config
    from train.learning.data import Table
    from train.learning.scoring import Subset

_FEWEST = 5
"""Nodes that a part of a window has at least: half a second."""
_MIXED = 1_000_000
"""Number of parameters from which a GPU uses bfloat16; smaller networks leave it idle anyway."""


class Learner:
    """A network with its optimiser and learning rate schedule.

    Args:
        config: optimisation settings.
        candidate: network settings.
        table: labels and corpora of the rows.
        training: the training clips, one subset per variant, all with the same rows.
        device: where to train.
        epochs: number of epochs of the learning rate schedule.
    """

    def __init__(
        self,
        config: Config,
        candidate: Candidate,
        table: Table,
        training: Sequence[Subset],
        device: torch.device,
        epochs: int,
    ) -> None:
        self.model = build_model(config, candidate).to(device)
        self._batch, self._mixup, self._device = config.batch, config.mixup, device
        self._smoothing, self._consistency = config.smoothing, config.consistency
        self._pool = _Pool(training)
        self._contexts = (
            Contexts(training, table, config.voice_prior) if config.voice_prior else None
        )
        self._config, self._gamma = config, candidate.gamma
        # plain classes where they do: shares round the loss otherwise, and the weights with it
        soft = config.votes or config.mixup
        targets = soft_targets(table, config.votes) if soft else table.labels
        self._targets = torch.from_numpy(targets).to(device)
        weights = clip_weights(config.balance, table, training[0].rows)
        self._weights = torch.from_numpy(weights).to(device)
        large = count_parameters(self.model) >= _MIXED
        self._mixed_precision = large and device.type == "cuda"
        self._optimiser = torch.optim.Adam(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self._scheduler = schedule(config, self._optimiser, epochs)

    def epoch(self, random: np.random.Generator) -> tuple[float, float]:
        """Train on every training clip once; return mean loss and accuracy."""
        windows, again = self._windows(random)
        lengths = [len(window.x) for window in windows]
        loss = right = 0.0
        self.model.train()
        for places in shuffled(lengths, self._batch, random):
            batch = collate(windows, places, self._device)
            other = collate(again, places, self._device) if again else None
            rows = torch.tensor([windows[place].row for place in places], device=self._device)
            batch_loss, batch_right = self._step(
                batch, other, self._targets[rows], self._weights[rows], random
            )
            loss += batch_loss * len(places)
            right += batch_right
        self._scheduler.step()
        return loss / len(windows), right / len(windows)

    def _windows(self, random: np.random.Generator) -> tuple[list[Window], list[Window]]:
        """Draw a variant of each clip, and what was heard before it; return the windows.

        With consistency each clip is drawn twice: the second list has the same windows in another
        variant, after something else was heard.
        """
        first: list[Window] = []
        second: list[Window] = []
        for drawn in self._pool.draw(random, 2 if self._consistency else 1):
            heard = [self._in_context(variant, windows, random) for variant, windows in drawn]
            # a longer echo may have one window more
            several = list(zip(*heard, strict=False))
            first += [windows[0] for windows in several]
            second += [window for windows in several for window in windows[1:]]
        return first, second

    def _in_context(
        self, variant: int, windows: list[Window], random: np.random.Generator
    ) -> list[Window]:
        if not (self._contexts or self._config.noise or self._config.crop < 1):
            return windows
        voice = self._contexts.draw(windows[0].row, variant, random) if self._contexts else None
        return [self._altered(window, voice, random) for window in windows]

    def _altered(
        self, window: Window, voice: VoiceStatistics | None, random: np.random.Generator
    ) -> Window:
        """Draw a part of the window, heard after ``voice``, with noise; build its graph."""
        x = window.x.numpy()
        if self._config.crop < 1:
            x = part_of(x, self._config.crop, random)
        if voice:
            x = voice.transform(x, self._config.limit)
        if self._config.noise:
            noise = random.standard_normal(x.shape, dtype=np.float32)
            x = x + np.float32(self._config.noise) * noise
        a_hat = adjacency(self._config.graph, x, self._gamma)
        return replace(window, x=torch.from_numpy(x), a_hat=a_hat)

    def state(self) -> dict[str, Tensor]:
        """Copy the weights to the CPU."""
        return copy.deepcopy({name: value.cpu() for name, value in self.model.state_dict().items()})

    def _step(
        self,
        batch: Batch,
        other: Batch | None,
        targets: Tensor,
        weights: Tensor,
        random: np.random.Generator,
    ) -> tuple[float, int]:
        """Train on a batch; return its mean loss and the number of correct windows.

        Args:
            batch: windows.
            other: the same windows in another variant; None without consistency.
            targets: (B,) classes, or (B, C) shares of them with votes or mixup.
            weights: (B,) of the windows.
            random: mixes windows.
        """
        inputs = batch.inputs
        if self._mixup:
            inputs, targets, weights = mix(inputs, targets, weights, self._mixup, random)
        losses, logits = self._losses(inputs, targets)
        if other is not None:
            again, differing = self._losses(other.inputs, targets)
            divergence = jensen_shannon(logits, differing)
            losses = (losses + again) / 2 + self._consistency * divergence
        loss = (losses * weights).sum() / weights.sum()
        self._optimiser.zero_grad()
        loss.backward()
        self._optimiser.step()
        labels = targets.argmax(dim=1) if targets.ndim > 1 else targets
        return loss.item(), int((logits.argmax(dim=1) == labels).sum().item())

    def _losses(self, inputs: tuple[Tensor, ...], targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return the (B,) losses of all stages and the (B, C) logits of the last."""
        with torch.autocast("cuda", torch.bfloat16, enabled=self._mixed_precision):
            staged = self.model.stages(*inputs)
        losses = torch.stack(
            [
                share
                * nn.functional.cross_entropy(
                    logits.float(), targets, reduction="none", label_smoothing=self._smoothing
                )
                for share, logits in staged
            ]
        ).sum(dim=0)
        return losses, staged[-1][1].float()


def part_of(
    x: NDArray[np.float32], least: float, random: np.random.Generator
) -> NDArray[np.float32]:
    """Draw consecutive rows of (n, d) ``x``: at least this share of them, and five if it can."""
    kept = max(min(len(x), _FEWEST), round(len(x) * random.uniform(least, 1)))
    begin = int(random.integers(len(x) - kept + 1))
    return x[begin : begin + kept]


def jensen_shannon(one: Tensor, other: Tensor) -> Tensor:
    """Compute the (B,) Jensen–Shannon divergence, in nats, of two (B, C) logits.

    As a loss it asks for the same answer to a clip in two conditions (Hendrycks et al. 2020,
    AugMix, section 3).
    """
    p, q = one.softmax(dim=1), other.softmax(dim=1)
    middle = ((p + q) / 2).clamp_min(1e-9).log()
    return (
        nn.functional.kl_div(middle, p, reduction="none").sum(dim=1)
        + nn.functional.kl_div(middle, q, reduction="none").sum(dim=1)
    ) / 2


def schedule(
    config: Config, optimiser: torch.optim.Optimizer, epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Build the scheduler of the learning rate, stepped once per epoch."""
    if config.schedule == "cosine":
        return torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    decay = config.decay if config.schedule == "exponential" else 1.0
    lowest = config.minimum_rate / config.learning_rate if decay < 1 else 0.0
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda epoch: max(decay**epoch, lowest))


def mix(
    inputs: tuple[Tensor, ...],
    targets: Tensor,
    weights: Tensor,
    alpha: float,
    random: np.random.Generator,
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Mix each clip and its label with another of the batch (mixup, GLAM's equations (1), (2)).

    A frame counts where either of the two has one. Labels are (B, C) shares.
    """
    share = float(random.beta(alpha, alpha))
    order = torch.from_numpy(random.permutation(len(targets))).to(targets.device)
    x, mask = inputs
    mixed = share * x + (1 - share) * x[order]
    return (
        (mixed, torch.maximum(mask, mask[order])),
        share * targets + (1 - share) * targets[order],
        share * weights + (1 - share) * weights[order],
    )


def soft_targets(table: Table, votes: float) -> NDArray[np.float32]:
    """Compute (R, C) targets, of which the listeners' ``votes`` decide a share."""
    own = np.eye(len(table.names), dtype=np.float32)[table.labels]
    return np.float32(1 - votes) * own + np.float32(votes) * table.votes


def clip_weights(balance: str, table: Table, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute (R,) loss weights of the clips by how rare their corpus and class are in ``rows``."""
    weights = np.ones(len(table.labels), np.float32)
    if balance == "corpora":
        groups = np.char.add(table.corpora, table.labels.astype(str))
        names, counts = np.unique(groups[rows], return_counts=True)
        for name, count in zip(names, counts, strict=True):
            weights[groups == name] = len(rows) / (len(names) * count)
    return weights


class _Pool:
    """Training windows of all variants, from which each epoch draws."""

    def __init__(self, training: Sequence[Subset]) -> None:
        clips: dict[int, dict[int, list[Window]]] = {}
        for variant, subset in enumerate(training):
            for window in subset.windows:
                clips.setdefault(window.row, {}).setdefault(variant, []).append(window)
        if not clips:
            raise EdgeSerError("no speech was found in any training clip")
        self._clips = [list(found.items()) for found in clips.values()]

    def draw(
        self, random: np.random.Generator, times: int = 1
    ) -> Iterator[list[tuple[int, list[Window]]]]:
        """Draw variants of each clip among those with speech; yield their numbers and windows.

        Args:
            random: draws.
            times: variants of a clip, different ones if it has as many.
        """
        for variants in self._clips:
            if times == 1:
                yield [variants[random.integers(len(variants))]]
            else:
                chosen = random.permutation(len(variants))
                yield [variants[chosen[i % len(chosen)]] for i in range(times)]
