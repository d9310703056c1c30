"""What an exported network takes: the shapes that every format agrees on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from edge_ser.features import feature_set
from train import models
from train.config import Config


@dataclass(frozen=True)
class Signature:
    """The inputs of a network.

    Args:
        dimension: d, features of a node.
        longest: N, nodes of the longest window.
        graph: whether it takes an adjacency.
        variable: whether a TFLite file, too, takes any number of nodes.
    """

    dimension: int
    longest: int
    graph: bool
    variable: bool

    @classmethod
    def of(cls, config: Config) -> Signature:
        """Of the networks of a run."""
        features, network = feature_set(config.features), models.find(config.model)
        return cls(
            features.dimension,
            features.count(config.window),
            network.graph,
            network.variable_length,
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name to shape of every input, in order."""
        n, d = self.longest, self.dimension
        adjacency: dict[str, tuple[int, ...]] = {"a_hat": (1, n, n)} if self.graph else {}
        return {"x": (1, n, d), **adjacency, "mask": (1, n)}

    @property
    def sides(self) -> dict[str, tuple[int, ...]]:
        """Name to the dimensions of every input that have as many places as there are nodes."""
        return {"x": (1,), **({"a_hat": (1, 2)} if self.graph else {}), "mask": (1,)}

    def example(self) -> tuple[Tensor, ...]:
        """Random nodes, each its own only neighbour, none of them padding."""
        n, d = self.longest, self.dimension
        adjacency = (torch.eye(n).unsqueeze(0),) if self.graph else ()
        return (torch.randn(1, n, d), *adjacency, torch.ones(1, n))

    def describe(self) -> list[dict[str, object]]:
        """The ``inputs`` of ``model.json``."""
        length = "variable" if self.variable else "fixed"
        return [{"name": k, "shape": list(v), "length": length} for k, v in self.shapes.items()]
