"""Export of Whisper's layers, whose frames a model's nodes are made of."""

from __future__ import annotations

import timeit
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from edge_ser.bundle import ENCODER, ENCODER_ONNX
from edge_ser.features.whisper.encoder import EPSILON, LONGEST_PERIOD, WhisperEncoder
from edge_ser.features.whisper.mel import BANDS
from edge_ser.features.whisper.nodes import LONGEST
from edge_ser.features.whisper.onnx import OnnxEncoder
from export.to_numpy import archive
from export.to_onnx import export_onnx
from train.features.whisper import load_encoder, load_weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_ser.features import FeatureSet
    from edge_ser.features.whisper.nodes import Encoder

_SHORTEST = 10
"""Mel frames of one node."""
_MEL_RATE = 100
"""Mel frames a second."""
_REPEATS = 10


def encoder_files(features: FeatureSet, formats: Sequence[str]) -> dict[str, bytes]:
    """Store the encoder of a feature set by its names in a bundle; nothing for openSMILE's sets.

    Its matrices are int8, the same numbers in each file. There is none for LiteRT, whose files have
    one length: an utterance of a second would cost as much as one of eight. Its backend uses the
    archive.

    Args:
        features: of the bundle.
        formats: those of the network; ``onnx`` brings the encoder for onnxruntime too.

    Raises:
        EdgeSerError: the layers cannot be read.
    """
    if not features.neural:
        return {}
    weights = load_weights(features.set)
    files = {ENCODER: archive(weights)}
    if "onnx" in formats:
        files[ENCODER_ONNX] = _to_onnx(Layers(weights, load_encoder(features.set)).eval())
    return files


def describe_encoder(features: FeatureSet, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Measure the encoder for an export report, on one thread.

    Args:
        features: of the bundle.
        files: from :func:`encoder_files`, at least one.
    """
    model = Layers(load_weights(features.set), load_encoder(features.set)).eval()
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        model(torch.zeros(LONGEST, BANDS))
    runtimes: dict[str, Encoder] = {ENCODER: load_encoder(features.set)}
    if ENCODER_ONNX in files:
        runtimes[ENCODER_ONNX] = OnnxEncoder(files[ENCODER_ONNX])
    return {
        "multiply_accumulates_per_second": round(
            counter.get_total_flops() / 2 * _MEL_RATE / LONGEST
        ),
        "files": {
            name: {
                "bytes": len(files[name]),
                "ms": {str(seconds): _milliseconds(run, seconds) for seconds in (1, 3, 8)},
            }
            for name, run in runtimes.items()
        },
    }


def _milliseconds(encoder: Encoder, seconds: int) -> float:
    mel = np.random.default_rng(0).standard_normal((seconds * _MEL_RATE, BANDS), np.float32)
    with threadpool_limits(1):
        return 1000 * min(timeit.repeat(lambda: encoder(mel), number=1, repeat=_REPEATS))


def _to_onnx(model: Layers) -> bytes:
    return export_onnx(
        model,
        (torch.zeros(_SHORTEST * 3, BANDS),),
        precision="int8",
        inputs=["mel"],
        outputs=["frames"],
        shapes=({0: torch.export.Dim("k", min=2, max=LONGEST)},),
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
