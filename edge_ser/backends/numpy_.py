"""CoGCN in NumPy: no runtime to install, and at this size as fast as one."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_ser.bundle import Bundle
from edge_ser.errors import EdgeSerError

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """x Wᵀ + b, in float32 or with int8 weights and dynamically quantised activations.

    Args:
        weight: (out, in) float32; holds whole numbers where ``scale`` is given.
        bias: (out,) or None.
        scale: (out,) float32, the size of a step of each int8 output channel, or None.
    """

    weight: Array
    bias: Array | None
    scale: Array | None

    def __call__(self, x: Array) -> Array:
        """(n, in) to (n, out)."""
        if self.scale is None:
            y = x @ self.weight.T
        else:
            q, step = quantise(x)
            # sums of 8-bit products stay below 2^24: float32 BLAS adds them exactly,
            # and gives what the integer kernels of the other runtimes give
            y = (q @ self.weight.T) * (step * self.scale)
        return y if self.bias is None else y + self.bias


def quantise(x: Array) -> tuple[Array, np.float32]:
    """Dynamic quantisation to 8 bits, as ONNX's DynamicQuantizeLinear.

    Args:
        x: (n, d).

    Returns:
        whole numbers (n, d), the zero point already subtracted, and the size of a step.
    """
    low, high = min(x.min(), np.float32(0)), max(x.max(), np.float32(0))
    step = np.float32((high - low) / np.float32(255)) or np.float32(1)
    zero = np.clip(np.rint(-low / step), 0, 255)
    return np.clip(np.rint(x / step) + zero, 0, 255) - zero, step


class NumpyBackend:
    """CoGCN and its temporal twin, equations (3) to (7) of the paper, for one graph at a time.

    Raises:
        EdgeSerError: the weights are missing, misshapen or not finite.
    """

    def __init__(self, bundle: Bundle) -> None:
        try:
            # pickles are refused: a bundle comes from elsewhere
            with np.load(io.BytesIO(bundle.files["model.npz"]), allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
        except (ValueError, OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
            raise _unusable(bundle, f"model.npz: {error}") from error
        for name, array in arrays.items():
            if array.dtype not in (np.float32, np.int8) or not np.isfinite(array).all():
                raise _unusable(bundle, f"model.npz: {name} is not finite float32 or int8")
        self._skip = bool(bundle.card["architecture"]["skip"])
        layers = {
            name.removesuffix(".weight"): _layer(arrays, name.removesuffix(".weight"))
            for name in arrays
            if name.endswith(".weight")
        }
        count = sum(name.startswith("convolutions.") for name in layers)
        hidden = [f"convolutions.{k}" for k in range(count)]
        order = ["preprocess"] * ("preprocess" in layers) + hidden + ["output"]
        if not count or sorted(order) != sorted(layers):
            raise _unusable(bundle, f"model.npz: it holds the layers {', '.join(layers)}")
        self._preprocess = layers.get("preprocess")
        self._convolutions = [layers[name] for name in hidden]
        self._output = layers["output"]
        width = bundle.features.dimension
        for layer in map(layers.__getitem__, order):
            fits = (layer.scale is None or layer.scale.shape == layer.weight.shape[:1]) and (
                layer.bias is None or layer.bias.shape == layer.weight.shape[:1]
            )
            if layer.weight.ndim != 2 or layer.weight.shape[1] != width or not fits:
                raise _unusable(bundle, "model.npz: the shapes of its layers do not fit")
            width = layer.weight.shape[0]
        if width != len(bundle.labels):
            raise _unusable(bundle, "model.npz: one logit a label is needed")

    def __call__(self, x: Array, a_hat: Array) -> Array:
        """Logits (C,) of nodes ``x`` (n, d) under ``a_hat`` (n, n)."""
        h = x if self._preprocess is None else np.maximum(self._preprocess(x), 0)  # (3)
        for k, convolution in enumerate(self._convolutions):
            update = np.maximum(convolution(a_hat @ h), 0)  # (4)
            h = (
                update + h if self._skip and (k > 0 or self._preprocess is not None) else update
            )  # (5)
        return self._output(h.mean(axis=0, keepdims=True))[0]  # (6), (7)


def _layer(arrays: dict[str, NDArray[np.generic]], name: str) -> Linear:
    bias, scale = arrays.get(f"{name}.bias"), arrays.get(f"{name}.scale")
    return Linear(
        arrays[f"{name}.weight"].astype(np.float32),
        None if bias is None else bias.astype(np.float32),
        None if scale is None else scale.astype(np.float32),
    )


def _unusable(bundle: Bundle, problem: str) -> EdgeSerError:
    return EdgeSerError(f"model {bundle.path} cannot be used: {problem}; export it again")
