"""Normalisation of node features to zero mean and unit standard deviation, outliers clamped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class Normalisation:
    """z = (x - mean) / std, clamped to ± ``limit``.

    Args:
        mean: (d,) float32, mean of each node feature over the training speakers.
        std: (d,) float32, standard deviation of each, all positive.
        limit: largest absolute value of z; functionals such as ``stddevNorm`` explode where the
            mean is near zero, and one such node would distort the whole graph.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    limit: float

    @classmethod
    def fit(
        cls,
        values: NDArray[np.float32],
        limit: float,
        weights: NDArray[np.float64] | None = None,
    ) -> Normalisation:
        """Fit to rows (n, d); a constant column gets a standard deviation of 1.

        Args:
            values: the rows.
            limit: largest absolute value of z.
            weights: (n,) weight of each row; None for equal weights.
        """
        if weights is None:
            mean, std = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
        else:
            mean = np.average(values, axis=0, weights=weights)
            std = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
        constant = std <= 1e-6 * np.maximum(np.abs(mean), 1.0)
        return cls(
            mean=mean.astype(np.float32),
            std=np.where(constant, 1.0, std).astype(np.float32),
            limit=limit,
        )

    def transform(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Normalise (n, d) raw vectors; the result is float32."""
        scaled = (values - self.mean) / self.std
        return np.clip(scaled, -self.limit, self.limit).astype(np.float32)

    @classmethod
    def from_dict(cls, fields: dict[str, ArrayLike]) -> Normalisation:
        """Create a normalisation from what :meth:`to_dict` returned."""
        return cls(
            mean=np.asarray(fields["mean"], np.float32),
            std=np.asarray(fields["std"], np.float32),
            limit=float(np.asarray(fields["clip"])),
        )

    def to_dict(self) -> dict[str, list[float] | float]:
        """Return plain lists, as in a bundle's ``model.json``, where the limit is ``clip``."""
        return {"mean": self.mean.tolist(), "std": self.std.tolist(), "clip": self.limit}
