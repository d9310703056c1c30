"""WMA-GIN: graph isomorphism network with weighted multiple aggregators, eq. (1)-(5)."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from train.models.network import BidirectionalGRU, Network, masked_mean


def aggregate(x: Tensor, neighbours: Tensor, weights: tuple[float, float, float]) -> Tensor:
    r"""Aggregate neighbours by weighted sum, mean and softmax: equation (4) without the own node.

    .. math::
        sum_i &= \sum_{j \in N(i)} x_j & (1) \\
        mean_i &= sum_i / |N(i)| & (2) \\
        softmax_i &= \sum_{j \in N(i)} x_j e^{x_j} / \sum_{k \in N(i)} e^{x_k} & (3)

    the third separately for each feature. A node without neighbours gets zeros. PyTorch
    Geometric's ``SumAggregation``, ``MeanAggregation`` and ``SoftmaxAggregation(t=1)`` compute the
    same on an edge list; here all three are one product of dense, padded matrices.

    Args:
        x: (B, N, z).
        neighbours: (B, N, N), 1 if column j is a neighbour of row i, else 0.
        weights: α, β, γ of sum, mean and softmax.

    Returns:
        (B, N, z).
    """
    alpha, beta, gamma = weights
    # shifting all nodes does not change the softmax and keeps exp from overflowing
    shifted = (x - x.amax(dim=1, keepdim=True).detach()).clamp(min=-60.0)
    exponential = shifted.exp()
    sums, tops, totals = (neighbours @ torch.cat([x, x * exponential, exponential], dim=-1)).chunk(
        3, dim=-1
    )
    degree = neighbours.sum(dim=-1, keepdim=True).clamp(min=1.0)
    tiny = torch.finfo(x.dtype).tiny
    return alpha * sums + beta * sums / degree + gamma * tops / totals.clamp(min=tiny)


class WMAGIN(Network):
    r"""BiGRU, four graph layers with residual connections and attention over three phases.

    .. math::
        g &= BiGRU(x), \quad X^{(0)} = g \\
        X^{(l)} &= X^{(l-1)} + ReLU(MLP^{(l)}((1 + \epsilon^{(l)}) X^{(l-1)}
            + \alpha\, sum + \beta\, mean + \gamma\, softmax)) & (4) \\
        attention &= softmax(Q K^T / \sqrt z) V, \quad
            Q = W_q x,\; K = W_k g,\; V = W_v X^{(4)} \\
        G &= a + b + c + d + e \\
        L &= \textstyle\sum_i i\, L_i / \sum_i i \quad over\; b, c, d, e, G & (5)

    Linear heads on the mean over the nodes of g, X\ :sup:`(1)`, X\ :sup:`(2)`, X\ :sup:`(3)` and
    the attention give a, b, c, d, e. Where the paper is silent or inconsistent:

    * Section 2.4 calls the stages "the outputs of four WMA-GIN layers and the final output",
      section 2.1 and Figure 1 have heads on three layers, the BiGRU and the attention. As in the
      figure, b, c, d, e, G are the five stages here, and a is trained only through G.
    * "MLP denotes Multilayer Perceptron that is a linear layer": one linear layer. A ReLU follows
      it, since four linear layers would otherwise amount to one.
    * The readout is not given: the mean over the nodes here. ε starts at zero, as in GIN.
    * The paper prints 0.98M parameters; its text gives 579 864 for 78 features.

    Args:
        dimension: d, features of a frame.
        classes: C.
        recurrent: units per direction of the BiGRU; z is twice that.
        layers: number of WMA-GIN layers.
        full: the fully adjacent layer, counted from 1; 0 for none.
        sum_weight: α.
        mean_weight: β.
        softmax_weight: γ.
        multi_stage: use equation (5); otherwise the loss is that of G alone.
    """

    name: ClassVar[str] = "wma-gin"
    title: ClassVar[str] = "WMA-GIN"
    features: ClassVar[str] = "emobase-lld"
    graph: ClassVar[bool] = True

    def __init__(
        self,
        dimension: int,
        classes: int,
        *,
        recurrent: int = 128,
        layers: int = 4,
        full: int = 2,
        sum_weight: float = 1 / 3,
        mean_weight: float = 1 / 3,
        softmax_weight: float = 1 / 3,
        multi_stage: bool = True,
    ) -> None:
        super().__init__()
        hidden = 2 * recurrent
        self.full = full
        self.weights = (sum_weight, mean_weight, softmax_weight)
        self.multi_stage = multi_stage
        self.recurrent = BidirectionalGRU(dimension, recurrent)
        self.mlps = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(layers))
        self.epsilon = nn.Parameter(torch.zeros(layers))
        self.query = nn.Linear(dimension, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.heads = nn.ModuleList(nn.Linear(hidden, classes) for _ in range(layers + 1))

    def forward(self, x: Tensor, a_hat: Tensor, mask: Tensor) -> Tensor:
        """Compute (B, C) logits G, see :class:`train.models.network.Network`."""
        return torch.stack(self._predict(x, a_hat, mask)).sum(dim=0)

    def stages(self, *inputs: Tensor) -> list[tuple[float, Tensor]]:
        """Return b, c, d, e and G with their weights in equation (5), 1 to 5 over 15."""
        predictions = self._predict(*inputs)
        final = torch.stack(predictions).sum(dim=0)
        if not self.multi_stage:
            return [(1.0, final)]
        staged = [*predictions[1:], final]
        total = len(staged) * (len(staged) + 1) / 2
        return [(i / total, logits) for i, logits in enumerate(staged, start=1)]

    def _predict(self, x: Tensor, a_hat: Tensor, mask: Tensor) -> list[Tensor]:
        """Compute a, b, c, d, e, (B, C) each."""
        x = x * mask.unsqueeze(-1)
        g = torch.cat(self.recurrent(x, mask), dim=-1)
        places = torch.arange(x.shape[1], device=x.device)
        itself = places.unsqueeze(0) == places.unsqueeze(1)  # TFLite has no torch.eye
        pairs = mask.unsqueeze(1) * mask.unsqueeze(2)
        joined = ((a_hat > 0) & ~itself).to(x.dtype) * pairs
        everyone = pairs.masked_fill(itself, 0.0)
        phases, h = [g], g
        for number, mlp in enumerate(self.mlps, start=1):
            neighbours = everyone if number == self.full else joined
            own = (1.0 + self.epsilon[number - 1]) * h
            update = mlp(own + aggregate(h, neighbours, self.weights)).relu()
            h = (h + update) * mask.unsqueeze(-1)
            phases.append(h)
        # one head: the ONNX exporter needs four dimensions
        q, k, v = (a.unsqueeze(1) for a in (self.query(x), self.key(g), self.value(h)))
        attended = nn.functional.scaled_dot_product_attention(
            q, k, v, attn_mask=mask[:, None, None] > 0
        )
        phases[-1] = attended.squeeze(1)
        return [
            head(masked_mean(phase, mask)) for head, phase in zip(self.heads, phases, strict=True)
        ]
