"""Node features to zero mean and unit deviation, outliers clipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Normalisation:
    """Mean and deviation of each node feature over the training speakers.

    Args:
        mean: (d,) float32.
        std: (d,) float32, all positive.
        clip: largest absolute value after scaling; functionals such as ``stddevNorm`` explode
            near a zero mean, and one such node would bend the whole graph.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    clip: float

    @classmethod
    def fit(cls, values: NDArray[np.float32], clip: float) -> Normalisation:
        """From the rows (n, d) of the training speakers; constant columns keep deviation 1."""
        mean, std = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
        constant = std <= 1e-6 * np.maximum(np.abs(mean), 1.0)
        return cls(mean.astype(np.float32), np.where(constant, 1.0, std).astype(np.float32), clip)

    @classmethod
    def from_dict(cls, fields: dict[str, ArrayLike]) -> Normalisation:
        """From the plain lists of :meth:`to_dict`."""
        return cls(
            np.asarray(fields["mean"], np.float32),
            np.asarray(fields["std"], np.float32),
            float(np.asarray(fields["clip"])),
        )

    def to_dict(self) -> dict[str, list[float] | float]:
        """Plain lists, as in a bundle's ``model.json``."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist(), "clip": self.clip}


def normalise(values: NDArray[np.float32], normalisation: Normalisation) -> NDArray[np.float32]:
    """(n, d) raw vectors to (n, d) normalised float32."""
    scaled = (values - normalisation.mean) / normalisation.std
    return np.clip(scaled, -normalisation.clip, normalisation.clip).astype(np.float32)
