"""Input signature of an exported network, shared by all formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from edge_ser.features import feature_set
from train import models

if TYPE_CHECKING:
    from train.config import Config


@dataclass(frozen=True)
class Signature:
    """Inputs of a network.

    Args:
        dimension: d, features of a node.
        longest: N, nodes of the longest window.
        graph: whether the network takes an adjacency.
        variable: whether TFLite files, too, take any number of nodes.
    """

    dimension: int
    longest: int
    graph: bool
    variable: bool

    @classmethod
    def of(cls, config: Config) -> Signature:
        """Return the signature of a run's networks."""
        features, network = feature_set(config.features), models.find(config.model)
        return cls(
            features.dimension,
            features.count(config.window),
            network.graph,
            network.variable_length,
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name of each input to its shape, in order."""
        n, d = self.longest, self.dimension
        adjacency: dict[str, tuple[int, ...]] = {"a_hat": (1, n, n)} if self.graph else {}
        return {"x": (1, n, d), **adjacency, "mask": (1, n)}

    @property
    def sides(self) -> dict[str, tuple[int, ...]]:
        """Name of each input to its axes whose length is the number of nodes."""
        return {"x": (1,), **({"a_hat": (1, 2)} if self.graph else {}), "mask": (1,)}

    def example(self) -> tuple[Tensor, ...]:
        """Make an example input: random nodes, connected only to themselves, without padding."""
        n, d = self.longest, self.dimension
        adjacency = (torch.eye(n).unsqueeze(0),) if self.graph else ()
        return (torch.randn(1, n, d), *adjacency, torch.ones(1, n))

    def describe(self) -> list[dict[str, object]]:
        """Return the ``inputs`` of ``model.json``."""
        length = "variable" if self.variable else "fixed"
        return [{"name": k, "shape": list(v), "length": length} for k, v in self.shapes.items()]
