"""The first layers of Whisper's encoder in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = NDArray[np.float32]

FRAME_STEP = 0.02
"""Seconds between two frames of the encoder: its second convolution halves the rate."""
EPSILON = np.float32(1e-5)  # of the layer normalisation
_HEAD = 64
_ROWS = 128  # frames whose wide activations stay in the processor's cache
LONGEST_PERIOD = 10_000.0  # period of the slowest sinusoid of the positions


class WhisperEncoder:
    r"""Convolutions and first transformer layers of Whisper's encoder (Radford et al. 2022).

    Two convolutions of width 3 with GELU, the second with a stride of 2; sinusoidal positions; then
    layers of

    .. math::
        h &\leftarrow h + \mathrm{MultiHead}(\mathrm{LayerNorm}(h)) \\
        h &\leftarrow h + W_2\,\mathrm{GELU}(W_1 \mathrm{LayerNorm}(h))

    The encoder's last layer normalisation is left out: it belongs behind all its layers. No padding
    to 30 seconds is needed.

    Args:
        weights: arrays by their names in ``transformers``' ``WhisperEncoder``. Matrices may be int8
            with a ``.scale`` per output channel beside them.
        heads: number of attention heads; by default of 64 units each, as in every Whisper.

    Raises:
        ValueError: weights are missing or of the wrong shape.
    """

    def __init__(
        self, weights: Mapping[str, NDArray[np.generic]], heads: int | None = None
    ) -> None:
        self._weights = {
            name.removesuffix(".weight"): _matrix(weights, name)
            for name in weights
            if name.endswith(".weight")
        }
        self._biases = {
            name.removesuffix(".bias"): array.astype(np.float32)
            for name, array in weights.items()
            if name.endswith(".bias")
        }
        names = [name.split(".")[1] for name in weights if name.startswith("layers.")]
        self.layers = len(set(names))
        self.width = len(self._biases["conv2"])
        self.heads = heads or self.width // _HEAD
        if self.heads == 0 or self.width % self.heads or self.width % 2:
            raise ValueError(f"{self.heads} heads do not divide {self.width} units")

    def __call__(self, mel: Array) -> Array:
        """Compute (k // 2, width) frames of (k, 80) scaled log-mel frames, see :func:`.scaled`."""
        h = gelu(self._convolve("conv1", mel, 1))
        h = gelu(self._convolve("conv2", h, 2))[: len(mel) // 2]
        h = h + positions(len(h), self.width)
        for layer in range(self.layers):
            h = self._layer(f"layers.{layer}", h)
        return h

    def _convolve(self, name: str, x: Array, stride: int) -> Array:
        """Convolve (k, c) in time with a width of 3 and zeros around."""
        padded = np.pad(x, ((1, 1), (0, 0)))
        taps = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=0)[::stride]
        kernel = self._weights[name]  # (out, in × 3)
        return taps.reshape(len(taps), -1) @ kernel.T + self._biases[name]

    def _layer(self, name: str, h: Array) -> Array:
        x = self._normalise(f"{name}.self_attn_layer_norm", h)
        h = h + self._linear(f"{name}.self_attn.out_proj", self._attend(f"{name}.self_attn", x))
        x = self._normalise(f"{name}.final_layer_norm", h)
        for begin in range(0, len(h), _ROWS):
            rows = slice(begin, begin + _ROWS)
            h[rows] += self._linear(f"{name}.fc2", gelu(self._linear(f"{name}.fc1", x[rows])))
        return h

    def _attend(self, name: str, x: Array) -> Array:
        q, k, v = (self._linear(f"{name}.{part}_proj", x) for part in "qkv")
        size = self.width // self.heads
        joined = np.empty_like(x)
        for begin in range(0, self.width, size):
            head = slice(begin, begin + size)
            scores = q[:, head] @ k[:, head].T
            scores *= np.float32(size**-0.5)
            scores -= scores.max(axis=1, keepdims=True)
            np.exp(scores, out=scores)
            joined[:, head] = scores @ v[:, head] / scores.sum(axis=1, keepdims=True)
        return joined

    def _linear(self, name: str, x: Array) -> Array:
        y: Array = x @ self._weights[name].T
        return y + self._biases[name] if name in self._biases else y

    def _normalise(self, name: str, x: Array) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        variance = np.square(centred).mean(axis=1, keepdims=True)
        return centred / np.sqrt(variance + EPSILON) * self._weights[name] + self._biases[name]


def _matrix(weights: Mapping[str, NDArray[np.generic]], name: str) -> Array:
    """Return a weight in float32, of two dimensions at most; int8 is multiplied by its scale."""
    weight = weights[name].astype(np.float32)
    if weight.ndim > 1:
        weight = weight.reshape(len(weight), -1)
    scale = weights.get(f"{name.removesuffix('.weight')}.scale")
    return weight if scale is None else weight * scale.astype(np.float32)[:, None]


def positions(count: int, width: int) -> Array:
    """Compute the (count, width) sinusoids that tell the encoder the time."""
    half = width // 2
    rates = np.exp(-np.log(LONGEST_PERIOD) / (half - 1) * np.arange(half))
    angles = np.arange(count)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype(np.float32)


def gelu(x: Array) -> Array:
    """Compute x Φ(x), with the error function to 1.5e-7 (Abramowitz and Stegun, 7.1.26)."""
    z = np.abs(x)
    z *= np.float32(np.sqrt(0.5))
    t = z * np.float32(0.3275911)
    t += 1
    np.reciprocal(t, out=t)
    tail = t * np.float32(1.061405429)
    tail -= np.float32(1.453152027)
    for term in (1.421413741, -0.284496736, 0.254829592):
        tail *= t
        tail += np.float32(term)
    tail *= t
    np.square(z, out=z)
    np.negative(z, out=z)
    np.exp(z, out=z)
    tail *= z
    tail *= np.float32(0.5)  # 1 - Φ(|x|)
    np.subtract(1, tail, out=tail, where=x >= 0)
    tail *= x
    return tail
