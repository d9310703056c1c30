"""What every published system here is: a network from the padded frames of a batch to logits."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """``forward(x, mask)``, or ``forward(x, a_hat, mask)`` where the network wants a graph.

    ``x`` (B, N, d) holds normalised frames, ``mask`` (B, N) 1 for a frame and 0 for padding, with
    at least one frame each, ``a_hat`` (B, N, N) the normalised adjacency; the result are (B, C)
    logits. Padding may hold anything finite and changes nothing.
    """

    name: ClassVar[str]
    """What the command line and the files call it; ``train/configs/NAME.toml`` has its settings."""

    title: ClassVar[str]
    """What tables and pictures call it."""

    features: ClassVar[str]
    """Its paper's, as :func:`train.features.extraction.dimension` takes them."""

    graph: ClassVar[bool] = False
    """Whether it takes ``a_hat``."""

    variable_length: ClassVar[bool] = False
    """Whether its files all take any number of nodes; a TFLite file of the others has one size."""

    numpy_form: ClassVar[bool] = False
    """Whether :mod:`edge_ser.backends` computes it in NumPy."""

    prunable: ClassVar[bool] = False
    """Whether torch-pruning follows it: neither recurrent layers nor reshaped channels."""

    streamed: ClassVar[bool] = True
    """Whether a device can run it: one that wants a whole clip cannot listen."""

    registry: ClassVar[dict[str, type[Network]]] = {}
    """Name to network, of every subclass that has a name."""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "name" in cls.__dict__:
            cls.registry[cls.name] = cls

    def stages(self, *inputs: Tensor) -> list[tuple[float, Tensor]]:
        """What the loss looks at in training: weights that sum to one, and (B, C) logits each.

        The arguments are those of ``forward``.
        """
        return [(1.0, self(*inputs))]


def masked_mean(h: Tensor, mask: Tensor) -> Tensor:
    """(B, z), the mean of the rows of ``h`` (B, N, z) where ``mask`` (B, N) is 1.

    B may be missing from all three.
    """
    weight = mask.unsqueeze(-1)
    return (h * weight).sum(dim=-2) / weight.sum(dim=-2)


def reverse(x: Tensor, mask: Tensor) -> Tensor:
    """The frames of each sequence in reverse order, its padding where it was.

    Args:
        x: (B, N, d).
        mask: (B, N), ones before zeros.
    """
    places = torch.arange(x.shape[1], device=x.device)
    mirrored = mask.sum(dim=1, keepdim=True).long() - 1 - places
    order = torch.where(mirrored >= 0, mirrored, places)
    return x.gather(1, order.unsqueeze(-1).expand(-1, -1, x.shape[2]))


class BidirectionalGRU(nn.Module):
    """One layer of gated recurrent units in both directions over padded sequences.

    The backward direction begins at each sequence's last frame, as it does over PyTorch's packed
    sequences, whose gradients cost several times as much on a CPU.

    Args:
        dimension: features of a frame.
        hidden: units of each direction.
    """

    def __init__(self, dimension: int, hidden: int) -> None:
        super().__init__()
        self.ahead = nn.GRU(dimension, hidden, batch_first=True)
        self.back = nn.GRU(dimension, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The outputs of both directions, (B, N, hidden) each; zeros for padding."""
        real = mask.unsqueeze(-1)
        ahead, _ = self.ahead(x)
        back, _ = self.back(reverse(x, mask))
        return ahead * real, reverse(back, mask) * real
