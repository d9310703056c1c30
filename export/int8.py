"""Int8 weights, one scale an output channel, the same in every exported file."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

LEVELS = 64
"""Largest absolute weight in steps: 7 bits.

AVX2 kernels add two 8-bit products in 16 bits and saturate: 2 · 255 · 64 is the most that fits.
With 127 steps the same model would give other answers on a laptop than on a Pi.
"""


def quantised(model: nn.Module) -> dict[str, nn.Linear]:
    """The layers whose weights become int8: all but the last, which decides and has few."""
    layers = {name: m for name, m in model.named_modules() if isinstance(m, nn.Linear)}
    return dict(list(layers.items())[:-1])


def quantise_weight(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Symmetric quantisation, a scale for each output channel.

    Args:
        weight: (out, in) float32.

    Returns:
        (out, in) int8 within ±LEVELS, and the scales (out,) float32.
    """
    scale = weight.abs().amax(dim=1) / LEVELS
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return (weight / scale[:, None]).round().to(torch.int8), scale


def on_grid(model: nn.Module) -> nn.Module:
    """A copy of the model whose quantised weights are whole numbers of their steps.

    Quantising it again, as onnxruntime does, gives the very same int8 numbers.
    """
    rounded = copy.deepcopy(model)
    with torch.no_grad():
        for layer in quantised(rounded).values():
            weight, scale = quantise_weight(layer.weight)
            layer.weight.copy_(weight * scale[:, None])
    return rounded
