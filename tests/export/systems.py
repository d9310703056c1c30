"""Untrained, small networks of the published systems, with windows short enough to convert."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from edge_ser.bundle import load_bundle
from edge_ser.features import FeatureSet, feature_set
from export.formats import Failure, convert
from export.int8 import on_grid
from export.options import BACKENDS
from export.signature import Signature
from export.write import write_bundle
from train import config, models
from train.models import rlc

SYSTEMS = tuple(name for name, network in models.MODELS.items() if network.streamed)
_FEATURES = dict.fromkeys(("cogcn", "tgcn", "bigru"), "egemaps-88@500/100")
_SECONDS = {"ga-gru": 0.06, "wma-gin": 0.04, "rlc": 0.04, "bigru": 0.2, "glam": 2.0}
"""Window lengths: TFLite unrolls the steps, and the papers' hundreds of steps take minutes."""
_SMALL = {
    "bigru": ("hidden=16",),
    "wma-gin": ("recurrent=8", "layers=3", "full=1"),
    "ga-gru": ("hidden=16",),
    "rlc": ("iterations=2",),
}
"""One layer of each kind that a system has: a converter's time depends on their number."""
SMALL_RLC: dict[str, Any] = {
    "WIDTHS": (8, 16),
    "KERNELS": (5, 3),
    "ATTENTIVE": (False, True),
    "BLOCKS": 1,
    "UNITS": dict.fromkeys(rlc.UNITS, 16),
    "DENSE": 16,
}
"""Constants of :mod:`train.models.rlc`, which the tests here see changed."""
_OVERLAP = 2


def settings(system: str) -> config.Config:
    changes = [f"features={_FEATURES[system]}"] if system in _FEATURES else []
    if seconds := _SECONDS.get(system):
        changes += [f"window={seconds}", f"window_step={seconds / _OVERLAP}"]
    return config.load(system, None, [*changes, *_SMALL.get(system, ())])


def features(system: str) -> FeatureSet:
    return feature_set(settings(system).features)


def signature(system: str) -> Signature:
    return Signature.of(settings(system))


def network(system: str) -> nn.Module:
    """Create a network with random weights and batch statistics as after training."""
    torch.manual_seed(0)
    shape = signature(system)
    chosen = settings(system).candidates()[0].network
    model = models.create(system, shape.dimension, 4, chosen).eval()
    for name, buffer in model.named_buffers():
        if name.endswith("mean"):
            nn.init.normal_(buffer, std=0.2)
        elif name.endswith(("var", "variance")):
            nn.init.uniform_(buffer, 0.5, 2.0)
    return model


def formats(system: str) -> list[str]:
    """List the formats available for a system."""
    return [name for name in BACKENDS if name != "npz" or models.find(system).numpy_form]


@lru_cache
def converted(system: str, precision: str) -> tuple[nn.Module, dict[str, bytes]]:
    """Convert a network once for all tests; return it as exported, and its files."""
    trained = network(system)
    model = on_grid(trained) if precision == "int8" else trained
    files = convert(model, signature(system), precision, formats(system))
    assert not [file for file in files.values() if isinstance(file, Failure)]
    return model, {name: file for name, file in files.items() if isinstance(file, bytes)}


def bundle(system: str, folder: Path, files: dict[str, bytes]) -> Path:
    """Write a bundle that the device can load; return its folder."""
    chosen, own, shape = settings(system), features(system), signature(system)
    d = shape.dimension
    told = load_bundle("cogcn").card
    card: dict[str, Any] = {
        **{key: told[key] for key in told if key not in ("temperature", "threshold", "strangers")},
        "name": system,
        "architecture": {"system": system, **chosen.candidates()[0].network},
        "inputs": shape.describe(),
        "features": {"set": own.set, "window": own.frame, "step": own.step},
        "normalisation": {"mean": [1.0] * d, "std": [20.0] * d, "clip": 5.0},
        "graph": {"kind": chosen.graph} | ({"gamma": 0.5} if chosen.graph == "cosine" else {}),
        "windows": {"length": chosen.window, "step": chosen.window_step},
    }
    write_bundle(folder, card, {f"model.{name}": content for name, content in files.items()})
    assert (load_bundle(folder).fixed) == (not models.find(system).variable_length)
    return folder
