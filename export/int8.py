"""Int8 weights, one scale an output channel, the same numbers in every exported file.

The arithmetic stays in float32: every runtime widens the weights when it loads them. Integer
arithmetic was measured too (`benchmarks/results/arithmetic.md`): it saves little time in some of
these networks and none in the others, and what it gives depends on the processor.
"""

from __future__ import annotations

import copy
import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

LEVELS = 127
"""Largest absolute weight in steps."""

_QUANTISED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.GRU, nn.LSTM, nn.MultiheadAttention)


def quantise(
    weight: NDArray[np.float32], axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Symmetric quantisation with a scale for each output channel.

    Args:
        weight: of any shape.
        axis: of the output channels.

    Returns:
        whole numbers within ±LEVELS of the same shape, and the scales (out,) float32.
    """
    others = tuple(side for side in range(weight.ndim) if side != axis)
    scale = (np.abs(weight).max(axis=others) / LEVELS).astype(np.float32)
    scale = np.where(scale > 0, scale, np.float32(1))
    whole = np.rint(weight / np.expand_dims(scale, others))
    return np.clip(whole, -LEVELS, LEVELS).astype(np.int8), scale


def on_grid(model: nn.Module) -> nn.Module:
    """A copy of the model whose weights are whole numbers of their steps.

    Quantising it again, as each converter does, gives the very same int8 numbers, so that this
    copy is what every exported file is compared with. Batch normalisation is folded into its
    convolution first, as the converters would do afterwards.
    """
    rounded = copy.deepcopy(model).eval()
    for module in rounded.modules():
        if isinstance(module, nn.Sequential):
            _fold(module)
    with torch.no_grad():
        for parameter in _weights(rounded):
            whole, scale = quantise(parameter.numpy(), axis=0)
            steps = torch.from_numpy(scale).reshape(-1, *[1] * (parameter.ndim - 1))
            parameter.copy_(torch.from_numpy(whole) * steps)
    return rounded


def _fold(sequence: nn.Sequential) -> None:
    for place, (layer, norm) in enumerate(itertools.pairwise(sequence)):
        if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            sequence[place] = fuse_conv_bn_eval(layer, norm)
            sequence[place + 1] = nn.Identity()


def _weights(model: nn.Module) -> list[Tensor]:
    """The matrices and filters, output channels first."""
    return [
        parameter
        for module in model.modules()
        if isinstance(module, _QUANTISED)
        for parameter in module.parameters(recurse=False)
        if parameter.ndim > 1
    ]
