"""Export of a trained CoGCN as ``model.npz``, for the NumPy backend."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from train.models.cogcn import CoGCN
from train.quantisation import quantise

if TYPE_CHECKING:
    from torch import nn

    from export.signature import Signature


def to_numpy(model: nn.Module, signature: Signature, precision: str) -> bytes:
    """Store the parameters by their PyTorch names; for ``int8``, with a ``.scale`` for each weight.

    Args:
        model: a CoGCN; for ``int8``, from :func:`export.int8.on_grid`.
        signature: unused, since the file does not depend on it.
        precision: ``int8`` or ``fp32``.

    Raises:
        TypeError: the model is not a CoGCN.
    """
    if not isinstance(model, CoGCN):
        raise TypeError(f"the NumPy backend computes CoGCN and TGCN, not {type(model).__name__}")
    arrays = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    if precision == "int8":
        for name in [name for name in arrays if name.endswith(".weight")]:
            whole, scale = quantise(arrays[name], axis=0)
            arrays |= {name: whole, f"{name.removesuffix('.weight')}.scale": scale}
    return archive(arrays)


def archive(arrays: dict[str, Any]) -> bytes:
    """Write arrays as an ``.npz``."""
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()
