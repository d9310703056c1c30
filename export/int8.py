"""Int8 weights with one scale per output channel, identical in every exported file.

Arithmetic stays in float32: every runtime converts the weights to float when it loads them. Integer
arithmetic was measured too (`benchmarks/results/arithmetic.md`): it saves little time in some of
these networks and none in the others, and its results depend on the processor.
"""

from __future__ import annotations

import copy
import itertools

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from train.quantisation import quantise

_QUANTISED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.GRU, nn.LSTM, nn.MultiheadAttention)


def on_grid(model: nn.Module) -> nn.Module:
    """Copy the model with its weights rounded to multiples of their scales.

    Quantising it again, as each converter does, gives exactly the same int8 weights, so this copy
    is the reference for every exported file. Batch normalisation is folded into its convolution
    first, as the converters would do later.
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
    """List the matrices and filters, which have their output channels first."""
    return [
        parameter
        for module in model.modules()
        if isinstance(module, _QUANTISED)
        for parameter in module.parameters(recurse=False)
        if parameter.ndim > 1
    ]
