"""Base class of all networks, from the padded frames of a batch to logits, and shared layers."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """Base class with ``forward(x, mask)``, or ``forward(x, a_hat, mask)`` if ``graph`` is true.

    ``x`` (B, N, d) holds normalised frames, ``mask`` (B, N) 1 for a frame and 0 for padding, with
    at least one frame each, ``a_hat`` (B, N, N) the normalised adjacency; the result is (B, C)
    logits. Padding may hold any finite value and does not change the result.
    """

    name: ClassVar[str]
    """Name on the command line and in files; ``train/configs/NAME.toml`` has its settings."""

    title: ClassVar[str]
    """Title in tables and pictures."""

    features: ClassVar[str]
    """Features of its paper, as for :func:`train.features.extraction.dimension`."""

    graph: ClassVar[bool] = False
    """Whether it takes ``a_hat``."""

    variable_length: ClassVar[bool] = False
    """Whether TFLite files, too, take any number of nodes; otherwise theirs is fixed."""

    numpy_form: ClassVar[bool] = False
    """Whether :mod:`edge_ser.backends` computes it in NumPy."""

    prunable: ClassVar[bool] = False
    """Whether torch-pruning supports it: it follows no recurrent layers or reshaped channels."""

    streamed: ClassVar[bool] = True
    """Whether a device can run it on a stream; networks that need a whole clip cannot."""

    registry: ClassVar[dict[str, type[Network]]] = {}
    """Name to network, for every subclass with a name."""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "name" in cls.__dict__:
            cls.registry[cls.name] = cls

    def stages(self, *inputs: Tensor) -> list[tuple[float, Tensor]]:
        """Compute the terms of the training loss: weights that sum to one, each with (B, C) logits.

        Arguments as for ``forward``.
        """
        return [(1.0, self(*inputs))]


def masked_mean(h: Tensor, mask: Tensor) -> Tensor:
    """Average the rows of ``h`` (B, N, z) where ``mask`` (B, N) is 1, giving (B, z).

    B may be missing from all three.
    """
    weight = mask.unsqueeze(-1)
    return (h * weight).sum(dim=-2) / weight.sum(dim=-2)


def reverse(x: Tensor, mask: Tensor) -> Tensor:
    """Reverse the frames of each sequence, leaving its padding at the end.

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

    The backward direction begins at each sequence's last frame, as with PyTorch's packed sequences,
    whose gradients take several times as long on a CPU.

    Args:
        dimension: features of a frame.
        hidden: units per direction.
    """

    def __init__(self, dimension: int, hidden: int) -> None:
        super().__init__()
        self.ahead = nn.GRU(dimension, hidden, batch_first=True)
        self.back = nn.GRU(dimension, hidden, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the outputs of both directions, (B, N, hidden) each; zeros for padding."""
        real = mask.unsqueeze(-1)
        ahead, _ = self.ahead(x)
        back, _ = self.back(reverse(x, mask))
        return ahead * real, reverse(back, mask) * real
