"""The published systems: one a file, chosen by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from torch import nn

from edge_ser.errors import EdgeSerError
from train.models.bigru import BiGRU
from train.models.cogcn import CoGCN
from train.models.dnn import DNN
from train.models.ga_gru import GAGRU
from train.models.glam import GLAM
from train.models.network import Network
from train.models.rlc import RLC
from train.models.wma_gin import WMAGIN

MODELS: dict[str, type[Network]] = {
    "cogcn": CoGCN,
    "tgcn": CoGCN,  # over another graph
    "bigru": BiGRU,
    "wma-gin": WMAGIN,
    "ga-gru": GAGRU,
    "rlc": RLC,
    "glam": GLAM,
    "dnn": DNN,
}


def create(name: str, dimension: int, classes: int, settings: Mapping[str, Any]) -> Network:
    """A model with random weights.

    Args:
        name: a key of :data:`MODELS`.
        dimension: features of a node.
        classes: labels.
        settings: the model's own options, see :func:`setting_types`.

    Raises:
        EdgeSerError: the name is unknown.
    """
    factory: Callable[..., Network] = _find(name)
    return factory(dimension, classes, **settings)


def setting_types(name: str) -> dict[str, type]:
    """The options of a model and their types: the keyword arguments of its constructor.

    Raises:
        EdgeSerError: the name is unknown.
    """
    hints = get_type_hints(_find(name).__init__)
    return {k: v for k, v in hints.items() if k not in ("dimension", "classes", "return")}


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers in ``model``."""
    return sum(p.numel() for p in model.parameters())


def _find(name: str) -> type[Network]:
    if name not in MODELS:
        raise EdgeSerError(f"no model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]
