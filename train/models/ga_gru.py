"""GA-GRU: Su et al., "Graph attentive bi-directional gated recurrent unit", eq. (1)-(7)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from train.models.network import BidirectionalGRU, Network

_EPSILON = 1e-15


class GAGRU(Network):
    r"""Bidirectional GRUs with attention that is modulated by a graph of their outputs.

    .. math::
        h_t &= \overrightarrow{h_t} + \overleftarrow{h_t} & (1, 2) \\
        \alpha_t &= softmax_t(u^T tanh(W h_t + b)) & (3, 4) \\
        G_{ij} &= |ReLU(h_i h_j^T)| / (\textstyle\sum_{j'} |ReLU(h_i h_{j'}^T)| + \epsilon)
            & (5) \\
        H &= \textstyle\sum_i \sum_j G_{ij} \alpha_j h_j & (6) \\
        Y &= softmax(W_o H + b_o) & (7)

    The softmax of (7) is left to the loss. After the normalisation, every five frames are averaged
    into one. Where the paper is silent or inconsistent:

    * As printed, the denominator of (5) sums over i', the column. Each column of G would then sum
      to one, and (6), which sums over all rows, would not depend on the graph at all. The text says
      that it sums "over the entire row", so that a step's relations to all others sum to one. The
      text is implemented: frame j is weighted by :math:`\alpha_j \sum_i G_{ij}`.
    * The directions are summed after the second layer; the first layer passes on both, 1.70M
      parameters (``sum_first`` sums them there too, 1.31M; cited as 1.6M).
    * Dropout is between the layers and before the classifier.

    Args:
        dimension: d, features of a frame.
        classes: C.
        hidden: units per direction in both layers.
        attention: units of equation (3).
        average: number of frames averaged into one.
        modulated: use equations (5) and (6); otherwise :math:`H = \sum_t \alpha_t h_t`, the
            paper's BiGRU with attention.
        sum_first: sum the directions of the first layer too.
        dropout: probability.
    """

    name: ClassVar[str] = "ga-gru"
    title: ClassVar[str] = "GA-GRU"
    features: ClassVar[str] = "emobase-lld"

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        hidden: int = 256,
        attention: int = 16,
        average: int = 5,
        modulated: bool = True,
        sum_first: bool = False,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.average = average
        self.modulated = modulated
        self.sum_first = sum_first
        self.first = BidirectionalGRU(dimension, hidden)
        handed_on = hidden if sum_first else 2 * hidden
        self.second = BidirectionalGRU(handed_on, hidden)
        self.score = nn.Linear(hidden, attention)
        self.salience = nn.Linear(attention, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Compute (B, C) logits, see :class:`train.models.network.Network`."""
        h, alpha, graph, mask = self._attend(x, mask)
        weights = self._modulate(alpha, graph) if self.modulated else alpha
        return self.output(self.dropout((weights.unsqueeze(1) @ h).squeeze(1)))

    def explain(self, x: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Compute the attention before and after the graph, for pictures.

        Returns:
            ``attention`` (B, T) of equation (4), ``modulated`` (B, T) weight of each step in (6),
            ``graph`` (B, T, T) of equation (5), ``mask`` (B, T), T the number of averaged frames.
        """
        _, alpha, graph, mask = self._attend(x, mask)
        after = self._modulate(alpha, graph)
        return {"attention": alpha, "modulated": after, "graph": graph, "mask": mask}

    def _attend(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Compute outputs h (B, T, z), attention (B, T), graph (B, T, T) and mask (B, T)."""
        x, mask = average_frames(x, mask, self.average)
        ahead, back = self.first(x, mask)
        h = ahead + back if self.sum_first else torch.cat([ahead, back], dim=-1)
        ahead, back = self.second(self.dropout(h), mask)
        h = ahead + back
        scores = self.salience(self.score(h).tanh()).squeeze(-1)
        alpha = scores.masked_fill(mask == 0, float("-inf")).softmax(dim=-1)
        edges = (h @ h.transpose(1, 2)).relu()
        return h, alpha, edges / (edges.sum(dim=-1, keepdim=True) + _EPSILON), mask

    @staticmethod
    def _modulate(alpha: Tensor, graph: Tensor) -> Tensor:
        return alpha * graph.sum(dim=1)


def average_frames(x: Tensor, mask: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Average each ``count`` frames into one; the last mean may have fewer.

    Args:
        x: (B, N, d).
        mask: (B, N), ones before zeros.
        count: number of frames per mean.

    Returns:
        (B, T, d) and the mask (B, T), T = ceil(N / count).
    """
    batch, frames, dimension = x.shape
    groups = (frames + count - 1) // count  # not -(-n // c): ONNX rounds towards zero
    missing = groups * count - frames
    weighted = nn.functional.pad(x * mask.unsqueeze(-1), (0, 0, 0, missing))
    counts = nn.functional.pad(mask, (0, missing)).view(batch, groups, count).sum(dim=2)
    sums = weighted.view(batch, groups, count, dimension).sum(dim=2)
    return sums / counts.clamp(min=1.0).unsqueeze(-1), (counts > 0).to(x.dtype)
