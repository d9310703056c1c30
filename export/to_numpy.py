"""A trained CoGCN as ``model.npz``, for the NumPy backend."""

from __future__ import annotations

import io

import numpy as np
from torch import nn

from export.int8 import quantise
from export.signature import Signature
from train.models.cogcn import CoGCN


def to_numpy(model: nn.Module, signature: Signature, precision: str) -> bytes:
    """The parameters by their PyTorch names; at ``int8`` with a ``.scale`` beside each weight.

    Args:
        model: a CoGCN; at ``int8`` one of :func:`export.int8.on_grid`.
        signature: of its inputs; the file is the same for all.
        precision: ``int8`` or ``fp32``.

    Raises:
        TypeError: the model is another one.
    """
    if not isinstance(model, CoGCN):
        raise TypeError(f"the NumPy backend computes CoGCN and TGCN, not {type(model).__name__}")
    arrays = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    if precision == "int8":
        for name in [name for name in arrays if name.endswith(".weight")]:
            whole, scale = quantise(arrays[name], axis=0)
            arrays |= {name: whole, f"{name.removesuffix('.weight')}.scale": scale}
    archive = io.BytesIO()
    np.savez(archive, **arrays)
    return archive.getvalue()
