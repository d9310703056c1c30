"""Symmetric int8 weights, with a scale for each output channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = 127
"""Largest absolute int8 weight."""


def quantise(
    weight: NDArray[np.float32], axis: int
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantise symmetrically, with a scale for each output channel.

    Args:
        weight: array of any shape.
        axis: axis of the output channels.

    Returns:
        Integers within ±LEVELS in the same shape, and the scales (out,) float32.
    """
    others = tuple(side for side in range(weight.ndim) if side != axis)
    scale = (np.abs(weight).max(axis=others) / LEVELS).astype(np.float32)
    scale = np.where(scale > 0, scale, np.float32(1))
    whole = np.rint(weight / np.expand_dims(scale, others))
    return np.clip(whole, -LEVELS, LEVELS).astype(np.int8), scale
