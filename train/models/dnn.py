"""DNN: the second baseline of the GA-GRU paper (Su et al., 2020), section 3.2."""

from __future__ import annotations

import itertools
from typing import ClassVar

from torch import Tensor, nn

from train.models.network import Network, masked_mean


class DNN(Network):
    """Three dense layers with ReLU on one vector a clip, then a linear classifier.

    The paper feeds it the 88 eGeMAPS functionals of an utterance and stops early; how wide its
    layers are it does not say: 256 units here, and dropout after each.

    Args:
        dimension: d, features of the vector.
        classes: C.
        layers: dense layers.
        hidden: units of each.
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
        """(B, C) logits; of several vectors the mean counts."""
        return self.output(self.dense(masked_mean(x, mask)))
