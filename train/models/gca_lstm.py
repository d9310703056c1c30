"""Global context-aware attention LSTM of RLC (Li et al. 2019, after Liu et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def last_step(h: Tensor, mask: Tensor) -> Tensor:
    """Return the last real step of each sequence; zeros if it has none.

    Args:
        h: (B, N, u), finite everywhere.
        mask: (B, N), ones before zeros.

    Returns:
        (B, u).
    """
    ends = mask - nn.functional.pad(mask[:, 1:], (0, 1))
    return (h * ends.unsqueeze(-1)).sum(dim=1)


class StackedLSTM(nn.Module):
    """LSTM layers whose last real hidden output represents the sequence.

    Args:
        dimension: features of a step.
        units: u, units per layer.
        layers: number of layers.
    """

    def __init__(self, dimension: int, units: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(dimension, units, layers, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, N, dimension) and mask (B, N), padded at the end, to (B, u)."""
        return last_step(self.lstm(x)[0], mask)


class Informativeness(nn.Module):
    r"""Informativeness of each step given the global context, from 0 to 1.

    .. math::
        e_n &= W_{e_1} \tanh(W_{e_2} [h_n; F]) & (9) \\
        r_n &= \exp(e_n) / \sum_n \exp(e_n) & (10)

    followed by min-max normalisation over the real steps, which cancels the denominator of (10).
    The result, :math:`(\exp e_n - \exp e_{min}) / (\exp e_{max} - \exp e_{min})`, is computed
    without subtracting nearly equal numbers. If all steps are equal, or there is only one, the
    paper's fraction is 0/0; all are then fully informative, as the largest always is. The width of
    the tanh layer is not in the paper; here it is the width of the LSTM.

    Args:
        units: u, units of the LSTM layers.
    """

    def __init__(self, units: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(2 * units, units, bias=False)
        self.score = nn.Linear(units, 1, bias=False)

    def forward(self, h: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """Map steps (B, N, u), context (B, u) and mask (B, N) to (B, N); padding gives 0."""
        both = torch.cat([h, context.unsqueeze(1).expand_as(h)], dim=-1)
        e = self.score(self.hidden(both).tanh()).squeeze(-1)
        real = mask > 0
        low = e.masked_fill(~real, torch.inf).amin(dim=1, keepdim=True)
        high = e.masked_fill(~real, -torch.inf).amax(dim=1, keepdim=True)
        above, span = torch.where(real, e - low, 0.0), high - low
        spread = span > 0
        share = (above - span).exp() * above.neg().expm1()
        # The inner `where` also keeps 0/0 out of the gradient.
        share = share / torch.where(spread, span.neg().expm1(), -1.0)
        return torch.where(spread, share, mask)


class InformedLSTM(nn.Module):
    """Recurrence of :class:`GCALSTM`'s second layer: an LSTM with the cell of equation (11).

    Args:
        units: u.
    """

    def __init__(self, units: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(units, 4 * units, bias=False)

    def forward(self, inputs: Tensor, r: Tensor) -> Tensor:
        """Map the input terms of the gates f, i, o, c (B, N, 4u) and r (B, N) to (B, N, u)."""
        h = c = inputs.new_zeros(len(inputs), self.hidden.in_features)
        outputs = []
        for z, weight in zip(inputs.unbind(1), r.unsqueeze(-1).unbind(1), strict=True):
            h, c = self.step(h, c, z, weight)
            outputs.append(h)
        return torch.stack(outputs, dim=1)

    def step(self, h: Tensor, c: Tensor, z: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: hidden output and cell (B, u), ``z`` (B, 4u), ``weight`` (B, 1)."""
        u = self.hidden.in_features
        z = z + self.hidden(h)
        f, i, o = z[:, : 3 * u].sigmoid().chunk(3, dim=-1)
        c = f * c * (1 - weight) + i * z[:, 3 * u :].tanh() * weight
        return o * c.tanh(), c


class GCALSTM(nn.Module):
    r"""Two LSTM layers and a global context memory that is refined I times.

    The first layer, (4)-(8), gives :math:`h_n` and :math:`F^{(0)} = h_N`. In iteration i,
    :class:`Informativeness` weights each :math:`h_n` by :math:`r_n` given :math:`F^{(i-1)}`, and
    the second layer reads :math:`h_n` with (4)-(6), (8) and the cell

    .. math::
        c_n &= f_n \circ c_{n-1} \circ (1 - r_n)
            + i_n \circ \tanh(W_c h_n + U_c \bar h_{n-1} + b_c) \circ r_n & (11) \\
        F^{(i)} &= ReLU(W_F [\bar h_N; F^{(i-1)}]) & (12)

    with its own hidden output :math:`\bar h`, which starts from zero in each iteration. The paper
    writes no iteration index on any W, so all iterations share them. The first layer is PyTorch's
    LSTM, which has two biases per gate where (4)-(7) have one.

    Args:
        dimension: features of a step.
        units: u, units per layer.
        iterations: I.
    """

    def __init__(self, dimension: int, units: int, iterations: int) -> None:
        super().__init__()
        self.iterations = iterations
        self.first = nn.LSTM(dimension, units, batch_first=True)
        self.informativeness = Informativeness(units)
        self.second_input = nn.Linear(units, 4 * units)
        self.second = InformedLSTM(units)
        self.refinement = nn.Linear(2 * units, units, bias=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (B, N, dimension) and mask (B, N), padded at the end, to :math:`F^{(I)}`, (B, u)."""
        h = self.first(x)[0]
        inputs = self.second_input(h)
        context = last_step(h, mask)
        for _ in range(self.iterations):
            r = self.informativeness(h, context, mask)
            attended = last_step(self.second(inputs, r), mask)
            context = self.refinement(torch.cat([attended, context], dim=-1)).relu()
        return context
