"""The first layers of Whisper's encoder in NumPy."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = NDArray[np.float32]

FRAME_STEP = 0.02
"""Seconds between two frames of the encoder: its second convolution halves the rate."""
EPSILON = np.float32(1e-5)  # of the layer normalisation
_HEAD = 64
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
            with a ``.scale`` per output channel beside them; they stay int8 in memory.
        heads: number of attention heads; by default of 64 units each, as in every Whisper.

    Raises:
        ValueError: weights are missing or of the wrong shape.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], heads: int | None = None) -> None:
        self._weights = {
            name: array.reshape(len(array), -1) if array.ndim > 1 else array
            for name, array in _ending(weights, ".weight").items()
        }
        self._scratch = _Scratch()
        self._scales = _ending(weights, ".scale")
        self._biases = _ending(weights, ".bias")
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
        return self._linear(name, taps.reshape(len(taps), -1))  # (out, in × 3)

    def _layer(self, name: str, h: Array) -> Array:
        x = self._normalise(f"{name}.self_attn_layer_norm", h)
        h = h + self._linear(f"{name}.self_attn.out_proj", self._attend(f"{name}.self_attn", x))
        x = self._normalise(f"{name}.final_layer_norm", h)
        return h + self._feed_forward(name, x)

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

    def _feed_forward(self, name: str, x: Array) -> Array:
        """Compute the wide units in parts, which stay in the processor's cache."""
        total = np.zeros_like(x)
        for begin in range(0, len(self._weights[f"{name}.fc1"]), self.width):
            units = slice(begin, begin + self.width)
            active = gelu(self._linear(f"{name}.fc1", x, units))
            total += active @ self._float32(self._weights[f"{name}.fc2"][:, units]).T
        return self._scaled(f"{name}.fc2", total, slice(None))

    def _linear(self, name: str, x: Array, units: slice = slice(None)) -> Array:
        return self._scaled(name, x @ self._float32(self._weights[name][units]).T, units)

    def _scaled(self, name: str, y: Array, units: slice) -> Array:
        if name in self._scales:
            y *= self._scales[name][units]
        if name in self._biases:
            y += self._biases[name][units]
        return y

    def _float32(self, weights: NDArray[Any]) -> Array:
        """Convert a matrix; it is valid until the next one is converted."""
        if weights.dtype == np.float32:
            return weights
        if self._scratch.values.size < weights.size:
            self._scratch.values = np.empty(weights.size, np.float32)
        matrix = self._scratch.values[: weights.size].reshape(weights.shape)
        np.copyto(matrix, weights)
        return matrix

    def _normalise(self, name: str, x: Array) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        variance = np.square(centred).mean(axis=1, keepdims=True)
        return centred / np.sqrt(variance + EPSILON) * self._weights[name] + self._biases[name]


class _Scratch(threading.local):
    """Space for a matrix, kept: new memory costs more time than the conversion."""

    def __init__(self) -> None:
        self.values = np.empty(0, np.float32)


def _ending(weights: Mapping[str, NDArray[Any]], end: str) -> dict[str, NDArray[Any]]:
    """Find the arrays whose names end so, by the rest of their names."""
    return {name.removesuffix(end): array for name, array in weights.items() if name.endswith(end)}


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
