"""A trained CoGCN as ``model.npz``, for the NumPy backend."""

from __future__ import annotations

import io

import numpy as np
from torch import nn

from export.int8 import quantise_weight, quantised


def to_numpy(model: nn.Module, precision: str) -> bytes:
    """The parameters by their PyTorch names; at ``int8`` with a ``.scale`` beside each weight.

    Args:
        model: a :class:`train.models.cogcn.CoGCN`.
        precision: ``int8`` or ``fp32``.
    """
    arrays = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
    if precision == "int8":
        for name, layer in quantised(model).items():
            weight, scale = quantise_weight(layer.weight.detach())
            arrays |= {f"{name}.weight": weight.numpy(), f"{name}.scale": scale.numpy()}
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    return archive.getvalue()
