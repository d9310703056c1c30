"""The published systems: one a file, found by the name on its class."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, get_type_hints

from torch import nn

from edge_ser.errors import EdgeSerError
from train.models.network import Network

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

MODELS: dict[str, type[Network]] = dict(sorted(Network.registry.items()))
"""Name to network: all that the modules of this folder define."""


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
    factory: Callable[..., Network] = find(name)
    return factory(dimension, classes, **settings)


def setting_types(name: str) -> dict[str, type]:
    """The options of a model and their types: the keyword arguments of its constructor.

    Raises:
        EdgeSerError: the name is unknown.
    """
    hints = get_type_hints(find(name).__init__)
    return {k: v for k, v in hints.items() if k not in ("dimension", "classes", "return")}


def count_parameters(model: nn.Module) -> int:
    """Count the trainable parameters of ``model``."""
    return sum(p.numel() for p in model.parameters())


def find(name: str) -> type[Network]:
    """Return the network of a name.

    Raises:
        EdgeSerError: the name is unknown.
    """
    if name not in MODELS:
        raise EdgeSerError(f"no model {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name]
