"""BiGRU: the baseline of the CoGCN paper (Table 1)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from train.models.network import BidirectionalGRU, Network, masked_mean


class BiGRU(Network):
    """Bidirectional gated recurrent units over the frames, mean readout and a linear classifier.

    The paper gives only its size, 464K parameters: two layers of 128 units per direction on 88
    features have 464 900 with the classifier (FC after the mean over time, as in CoGCN's equations
    (6) and (7), with dropout before it).

    Args:
        dimension: d, features of a frame.
        classes: C.
        layers: recurrent layers.
        hidden: units per direction.
        dropout: probability after the readout.
    """

    name: ClassVar[str] = "bigru"
    title: ClassVar[str] = "BiGRU"
    features: ClassVar[str] = "egemaps-88"

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        layers: int = 2,
        hidden: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        widths = [dimension] + [2 * hidden] * (layers - 1)
        self.recurrent = nn.ModuleList(BidirectionalGRU(width, hidden) for width in widths)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(2 * hidden, classes)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Compute (B, C) logits, see :class:`train.models.network.Network`."""
        for layer in self.recurrent:
            x = torch.cat(layer(x, mask), dim=-1)
        return self.output(self.dropout(masked_mean(x, mask)))
