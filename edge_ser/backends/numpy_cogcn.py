"""The NumPy backend for CoGCN: no runtime to install, and at this size as fast as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge_ser.arrays import read_arrays

if TYPE_CHECKING:
    from edge_ser.bundle import Bundle

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """Linear layer: x Wᵀ + b in float32.

    Args:
        weight: (out, in).
        bias: (out,) or None.
    """

    weight: Array
    bias: Array | None

    def __call__(self, x: Array) -> Array:
        """Map (n, in) to (n, out)."""
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


class NumpyBackend:
    """CoGCN and TGCN, equations (3) to (7) of the CoGCN paper, for one graph at a time.

    Args:
        bundle: the model.

    Raises:
        ValueError: weights are missing, not finite, or of the wrong shape; NumPy and zipfile raise
            other exceptions.
    """

    def __init__(self, bundle: Bundle) -> None:
        arrays = read_arrays(bundle.files["model.npz"])
        if bundle.graph is None:
            raise ValueError("CoGCN needs a graph")
        self._skip = bool(bundle.card["architecture"]["skip"])
        names = [name.removesuffix(".weight") for name in arrays if name.endswith(".weight")]
        layers = {name: _layer(arrays, name) for name in names}
        count = sum(name.startswith("convolutions.") for name in layers)
        hidden = [f"convolutions.{k}" for k in range(count)]
        order = ["preprocess"] * ("preprocess" in layers) + hidden + ["output"]
        if not count or sorted(order) != sorted(layers):
            raise ValueError(f"it holds the layers {', '.join(layers)}")
        self._preprocess = layers.get("preprocess")
        self._convolutions = [layers[name] for name in hidden]
        self._output = layers["output"]
        width = bundle.features.dimension
        for layer in map(layers.__getitem__, order):
            outputs, inputs = layer.weight.shape
            if inputs != width or (layer.bias is not None and layer.bias.shape != (outputs,)):
                raise ValueError("the shapes of its layers do not fit")
            width = outputs
        if width != len(bundle.labels):
            raise ValueError("one logit a label is needed")

    def __call__(self, x: Array, a_hat: Array | None) -> Array:
        """Compute the logits (C,) of nodes ``x`` (n, d) with adjacency ``a_hat`` (n, n)."""
        assert a_hat is not None, "checked when the model was loaded"
        h = x if self._preprocess is None else np.maximum(self._preprocess(x), 0)  # (3)
        for k, convolution in enumerate(self._convolutions):
            update = np.maximum(convolution(a_hat @ h), 0)  # (4)
            h = (
                update + h if self._skip and (k > 0 or self._preprocess is not None) else update
            )  # (5)
        return self._output(h.mean(axis=0, keepdims=True))[0]  # (6), (7)


def _layer(arrays: dict[str, NDArray[np.generic]], name: str) -> Linear:
    """Build a layer; int8 weights are scaled to float32, by one ``.scale`` per output channel."""
    weight, bias = arrays[f"{name}.weight"].astype(np.float32), arrays.get(f"{name}.bias")
    if weight.ndim != 2:
        raise ValueError(f"{name} has {weight.ndim} dimensions")
    if (scale := arrays.get(f"{name}.scale")) is not None:
        if scale.shape != weight.shape[:1]:
            raise ValueError(f"{name} has {weight.shape[0]} outputs and {scale.shape} scales")
        weight *= scale.astype(np.float32)[:, None]
    return Linear(weight, None if bias is None else bias.astype(np.float32))
