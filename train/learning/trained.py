"""Trained networks: weights, training history, and preparation of clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from train import models
from train.conditions import augment
from train.features.extraction import dimension
from train.learning.data import Data, normalise_per_speaker
from train.learning.scoring import Subset
from train.learning.windows import cut_windows
from train.metrics import Scores, mean_ua

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from edge_ser.normalisation import Normalisation
    from train.config import Candidate, Config
    from train.models.network import Network


@dataclass(frozen=True)
class Epoch:
    """Metrics of one pass over the training clips: a point of the learning curves.

    Args:
        loss: mean loss over the training windows, in training mode.
        accuracy: share of the training windows classified correctly, in training mode.
        validation_loss: cross-entropy of the validation windows; None without validation clips.
        validation_ua: UA on the validation speakers, the mean over the corpora; None likewise.
    """

    loss: float
    accuracy: float
    validation_loss: float | None
    validation_ua: float | None


@dataclass(frozen=True)
class Fitted:
    """Weights of a network and the history of its training.

    Args:
        candidate: its settings.
        state: its weights, on the CPU.
        epochs: number of epochs that the weights were trained for.
        validation: corpus to scores on the validation speakers; empty without any.
        history: one entry per epoch, including those after the best.
        seconds: duration of the training, on a CPU of processor time; of a fold, including all
            candidates and the refit.
    """

    candidate: Candidate
    state: dict[str, Tensor]
    epochs: int
    validation: dict[str, Scores]
    history: list[Epoch]
    seconds: float

    @property
    def validation_ua(self) -> float:
        """UA on validation, the mean over the corpora, by which candidates are chosen."""
        return mean_ua(self.validation)


@dataclass(frozen=True)
class Trained:
    """A network ready for use.

    Args:
        config: configuration of its run.
        candidate: its settings.
        model: the network in evaluation mode, on the CPU.
        normalisation: fitted to the training speakers; None if it is per speaker.
    """

    config: Config
    candidate: Candidate
    model: nn.Module
    normalisation: Normalisation | None

    @classmethod
    def of(cls, config: Config, fitted: Fitted, normalisation: Normalisation | None) -> Trained:
        """Build the network from its weights."""
        model = build_model(config, fitted.candidate)
        model.load_state_dict(fitted.state)
        return cls(
            config=config,
            candidate=fitted.candidate,
            model=model.eval(),
            normalisation=normalisation,
        )

    def subset(self, data: Data, rows: NDArray[np.int64], variant: str = augment.CLEAN) -> Subset:
        """Prepare the clips ``rows`` for the network, see :func:`make_subset`."""
        return make_subset(
            self.config, data, variant, self.candidate.gamma, self.normalisation, rows
        )

    def predict(
        self, data: Data, rows: NDArray[np.int64], variant: str = augment.CLEAN
    ) -> NDArray[np.int64]:
        """Predict the (R,) labels of the clips ``rows`` in a variant."""
        subset = self.subset(data, rows, variant)
        return subset.predictions(subset.logits(self.model))


def build_model(config: Config, candidate: Candidate) -> Network:
    """Build the candidate's network with random weights."""
    width = dimension(config.features)
    return models.create(config.model, width, len(config.labels), candidate.network)


def make_subset(
    config: Config,
    data: Data,
    variant: str,
    gamma: float | None,
    normalisation: Normalisation | None,
    rows: NDArray[np.int64],
) -> Subset:
    """Normalise the clips ``rows`` in one variant, and cut them into windows with their graphs.

    Per-speaker normalisation is computed on the speaker's clips in that variant.
    """
    clips = data.clips[variant]
    if normalisation is None:
        normalised = normalise_per_speaker(clips, data.table, config.limit)
    else:
        normalised = normalisation.transform(clips.values)
    windows = cut_windows(clips, normalised, rows, config.graph, gamma, data.words)
    return Subset(clips, normalised, rows, windows, classes=len(config.labels))
