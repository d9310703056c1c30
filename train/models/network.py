"""What every published system here is: a network from the padded frames of a batch to logits."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Network(nn.Module):
    """``forward(x, mask)``, or ``forward(x, a_hat, mask)`` where the network wants a graph.

    ``x`` (B, N, d) holds normalised frames, ``mask`` (B, N) 1 for a frame and 0 for padding, with
    at least one frame each, ``a_hat`` (B, N, N) the normalised adjacency; the result are (B, C)
    logits. Padding may hold anything finite and changes nothing.
    """

    graph: ClassVar[bool] = False
    """Whether the network takes ``a_hat``."""

    def stages(self, *inputs: Tensor) -> list[tuple[float, Tensor]]:
        """What the loss looks at in training: weights that sum to one, and (B, C) logits each.

        The arguments are those of ``forward``.
        """
        return [(1.0, self(*inputs))]


def masked_mean(h: Tensor, mask: Tensor) -> Tensor:
    """(B, z), the mean of the rows of ``h`` (B, N, z) where ``mask`` (B, N) is 1."""
    weight = mask.unsqueeze(-1)
    return (h * weight).sum(dim=1) / weight.sum(dim=1)


def run_recurrent(layer: nn.GRU | nn.LSTM, x: Tensor, mask: Tensor) -> Tensor:
    """(B, N, z) outputs of a recurrent layer that stops at each sequence's last frame.

    Without packing, the backward direction would begin in the padding. Frames of padding give
    zeros.

    Args:
        layer: with ``batch_first``.
        x: (B, N, d).
        mask: (B, N), ones before zeros.
    """
    lengths = mask.sum(dim=1).long().cpu()
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    outputs, _ = layer(packed)
    return pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])[0]
