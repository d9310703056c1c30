"""Pruning of Whisper's layers: hidden units that the others can stand in for are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.features.whisper.encoder import WhisperEncoder, gelu

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from edge_ser.features.whisper.encoder import Array

    Matrix = NDArray[np.float64]

_RIDGE = 1e-3
"""Of the mean square of a unit: what few clips say about two similar units is mostly chance."""


def prune_units(
    weights: Mapping[str, Array],
    spectrograms: Sequence[Array],
    units: int,
    advance: Callable[[], None] = lambda: None,
) -> dict[str, Array]:
    """Keep ``units`` hidden units of each layer, and fit their output weights anew.

    Layer after layer, so that each makes up for what was lost before it: its target is what all
    the units together gave, on the same sound.

    Args:
        weights: float32, by their names in ``transformers``' ``WhisperEncoder``.
        spectrograms: (k, 80) scaled log-mel frames of each of some clips.
        units: of each layer; no more than it has.
        advance: called after each layer.

    Returns:
        The weights of the smaller encoder.
    """
    whole, smaller = _Observed(weights), dict(weights)
    for layer in range(whole.layers):
        name = f"layers.{layer}"
        squares, targets = _sums(whole, _Observed(smaller), name, spectrograms)
        kept, fitted = fit_units(squares, targets, units)
        for part in (f"{name}.fc1.weight", f"{name}.fc1.bias"):
            if part in weights:
                smaller[part] = weights[part][kept]
        smaller[f"{name}.fc2.weight"] = np.ascontiguousarray(fitted[:-1].T, np.float32)
        smaller[f"{name}.fc2.bias"] = fitted[-1].astype(np.float32)
        advance()
    return smaller


def unexplained(
    weights: Mapping[str, Array], smaller: Mapping[str, Array], spectrograms: Sequence[Array]
) -> float:
    """Return the share of the frames' variance that the smaller encoder does not reproduce."""
    one, other = WhisperEncoder(weights), WhisperEncoder(smaller)
    frames = np.concatenate([one(spectrogram) for spectrogram in spectrograms])
    again = np.concatenate([other(spectrogram) for spectrogram in spectrograms])
    return float(np.mean(np.square(frames - again).mean(axis=0) / frames.var(axis=0)))


def fit_units(squares: Matrix, targets: Matrix, units: int) -> tuple[NDArray[np.int64], Matrix]:
    r"""Choose units one by one to be removed, those whose loss the others best make up for.

    The optimal brain surgeon (Hassibi and Stork 1993, equation (5)) for whole units: with weights
    W that minimise :math:`\|A W - T\|^2`, removing unit j costs
    :math:`\|w_j\|^2 / [(A^\top A)^{-1}]_{jj}`, if all other weights are fitted anew.

    Args:
        squares: (n + 1, n + 1) :math:`A^\top A` of the units' activations and, last, a constant.
        targets: (n + 1, d) :math:`A^\top T` of what they should sum up to.
        units: to be kept.

    Returns:
        (units,) their indices, and (units + 1, d) their weights and, last, the biases.
    """
    count = len(squares) - 1
    ridge = _RIDGE * np.trace(squares) / len(squares)
    inverse = np.linalg.inv(squares + ridge * np.eye(len(squares)))
    weights = inverse @ targets
    alive = np.ones(count, bool)
    for _ in range(count - units):
        cost = np.square(weights[:count]).sum(axis=1) / np.diag(inverse)[:count]
        last = int(np.where(alive, cost, np.inf).argmin())
        alive[last] = False
        column = inverse[:, last] / inverse[last, last]
        weights -= np.outer(column, weights[last])
        inverse -= np.outer(column, inverse[last])
        inverse[last, last] = 1.0  # not a number otherwise: the unit is gone
    kept = np.flatnonzero(alive)
    return kept, weights[[*kept, count]]


def _sums(
    whole: _Observed, smaller: _Observed, name: str, spectrograms: Sequence[Array]
) -> tuple[Matrix, Matrix]:
    """Sum the products that the least squares of a layer need, over all frames."""
    squares: Any = 0.0
    targets: Any = 0.0
    for spectrogram in spectrograms:
        whole(spectrogram)
        smaller(spectrogram)
        active, before = smaller.heard[name]
        active = np.pad(active, ((0, 0), (0, 1)), constant_values=1.0).astype(np.float64)
        missing = (whole.given[name] - before).astype(np.float64)
        squares = squares + active.T @ active
        targets = targets + active.T @ missing
    return squares, targets


class _Observed(WhisperEncoder):
    """An encoder that remembers the last input.

    Attributes:
        heard: name of a layer to its (k, n) active units, and the (k, d) values they add to.
        given: name of a layer to its (k, d) output.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        super().__init__(weights)
        self.heard: dict[str, tuple[Array, Array]] = {}
        self.given: dict[str, Array] = {}

    def _layer(self, name: str, h: Array) -> Array:
        self.given[name] = super()._layer(name, h)
        active, added = self.heard[name]
        self.heard[name] = active, self.given[name] - added
        return self.given[name]

    def _feed_forward(self, name: str, x: Array) -> Array:
        added = super()._feed_forward(name, x)
        self.heard[name] = gelu(self._linear(f"{name}.fc1", x)), added
        return added
