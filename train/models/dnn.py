"""DNN: the second baseline of the GA-GRU paper (Su et al., 2020, section 3.2)."""

from __future__ import annotations

import itertools
from typing import ClassVar

from torch import Tensor, nn

from train.models.network import Network, masked_mean


class DNN(Network):
    """Three dense layers with ReLU on one vector per clip, then a linear classifier.

    In the paper its input are the 88 eGeMAPS functionals of an utterance, and training stops early.
    The width of the layers is not given: 256 units here, with dropout after each layer.

    Args:
        dimension: d, features of the vector.
        classes: C.
        layers: number of dense layers.
        hidden: units per layer.
        dropout: probability after each dense layer.
    """

    name: ClassVar[str] = "dnn"
    title: ClassVar[str] = "DNN"
    features: ClassVar[str] = "egemaps-88-clip"
    streamed: ClassVar[bool] = False

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        layers: int = 3,
        hidden: int = 256,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        widths = [dimension] + [hidden] * layers
        blocks = [
            nn.Sequential(nn.Linear(into, out), nn.ReLU(), nn.Dropout(dropout))
            for into, out in itertools.pairwise(widths)
        ]
        self.dense = nn.Sequential(*blocks)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Compute (B, C) logits; several vectors are averaged first."""
        return self.output(self.dense(masked_mean(x, mask)))
