"""Networks of the published systems, one per file, registered by name."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_type_hints

from edge_ser.errors import EdgeSerError
from train.models.network import Network
from train.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn

for _module in pkgutil.iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

MODELS: dict[str, type[Network]] = dict(sorted(Network.registry.items()))
"""Name to network class, for all modules of this package."""


def create(name: str, dimension: int, classes: int, settings: Mapping[str, Any]) -> Network:
    """Create a network with random weights.

    Args:
        name: a key of :data:`MODELS`.
        dimension: number of features of a node.
        classes: number of labels.
        settings: the model's own options, see :func:`setting_types`.

    Raises:
        EdgeSerError: the name is unknown.
    """
    factory: Callable[..., Network] = find(name)
    return factory(dimension, classes, **settings)


def setting_types(name: str) -> dict[str, type]:
    """Return a model's options and their types: the keyword arguments of its constructor.

    Raises:
        EdgeSerError: the name is unknown.
    """
    hints = get_type_hints(find(name).__init__)
    return {k: v for k, v in hints.items() if k not in ("dimension", "classes", "return")}


def count_parameters(model: nn.Module) -> int:
    """Count the trainable parameters of ``model``."""
    return sum(p.numel() for p in model.parameters())


def find(name: str) -> type[Network]:
    """Return the network class with the given name.

    Raises:
        EdgeSerError: the name is unknown.
    """
    if name not in MODELS:
        raise EdgeSerError(f"no model {name!r}{suggest(name, MODELS)}")
    return MODELS[name]
