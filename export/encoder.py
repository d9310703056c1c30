"""Export of Whisper's layers, whose frames a model's nodes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from edge_ser.features.whisper.encoder import EPSILON, LONGEST_PERIOD, WhisperEncoder
from edge_ser.features.whisper.mel import BANDS
from edge_ser.features.whisper.nodes import LONGEST
from export.to_onnx import export_onnx
from train.features.whisper import load_encoder, load_weights

if TYPE_CHECKING:
    from edge_ser.features import FeatureSet

_SHORTEST = 10
"""Mel frames of one node."""


def encoder_onnx(features: FeatureSet) -> bytes:
    """Convert the encoder of a feature set to ONNX: ``mel`` (k, 80) -> ``frames`` (k // 2, width).

    Its matrices are int8, the same numbers as in the NumPy archive.

    Raises:
        EdgeSerError: the layers cannot be read.
    """
    model = Layers(load_weights(features.set), load_encoder(features.set)).eval()
    frames = torch.export.Dim("k", min=_SHORTEST, max=LONGEST)
    return export_onnx(
        model,
        (torch.zeros(_SHORTEST * 3, BANDS),),
        precision="int8",
        inputs=["mel"],
        outputs=["frames"],
        shapes=({0: frames},),
    )


class Layers(nn.Module):
    """The same computation as :class:`.WhisperEncoder`, in PyTorch.

    Args:
        weights: by their names in ``transformers``.
        encoder: the encoder of these weights.
    """

    def __init__(self, weights: dict[str, Any], encoder: WhisperEncoder) -> None:
        super().__init__()
        self._layers, self._heads = encoder.layers, encoder.heads
        for name, array in weights.items():
            if name.endswith(".scale"):
                continue
            whole = array.astype(np.float32)
            scale = weights.get(f"{name.removesuffix('.weight')}.scale")
            if scale is not None:
                whole = whole * scale.reshape(-1, *[1] * (whole.ndim - 1))
            self.register_buffer(name.replace(".", "_"), torch.from_numpy(whole))
        half = encoder.width // 2
        rates = np.exp(-np.log(LONGEST_PERIOD) / (half - 1) * np.arange(half))
        self.rates: Tensor
        self.register_buffer("rates", torch.from_numpy(rates.astype(np.float32)))

    def forward(self, mel: Tensor) -> Tensor:
        """Compute (k // 2, width) frames of (k, 80) scaled log-mel frames."""
        x = mel.T[None]
        for name, stride in (("conv1", 1), ("conv2", 2)):
            x = functional.conv1d(x, *self._of(name), stride=stride, padding=1)
            x = functional.gelu(x)
        h = x[0].T[: mel.shape[0] // 2]
        angles = torch.arange(h.shape[0])[:, None] * self.rates
        h = h + torch.cat([angles.sin(), angles.cos()], dim=1)
        for layer in range(self._layers):
            h = self._layer(f"layers_{layer}", h)
        return h

    def _layer(self, name: str, h: Tensor) -> Tensor:
        x = self._normalise(f"{name}_self_attn_layer_norm", h)
        q, k, v = (
            functional.linear(x, *self._of(f"{name}_self_attn_{part}_proj"))
            .reshape(x.shape[0], self._heads, -1)
            .transpose(0, 1)
            for part in "qkv"
        )
        scores = q @ k.transpose(1, 2) / q.shape[2] ** 0.5
        joined = (scores.softmax(-1) @ v).transpose(0, 1).reshape(h.shape)
        h = h + functional.linear(joined, *self._of(f"{name}_self_attn_out_proj"))
        x = self._normalise(f"{name}_final_layer_norm", h)
        wide = functional.gelu(functional.linear(x, *self._of(f"{name}_fc1")))
        return h + functional.linear(wide, *self._of(f"{name}_fc2"))

    def _normalise(self, name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], *self._of(name), eps=float(EPSILON))

    def _of(self, name: str) -> tuple[Tensor, Tensor | None]:
        """Return the weight and the bias, if there is one."""
        return getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias", None)
