"""Whisper's first layers for training, from a local folder or the hub."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.errors import EdgeSerError
from edge_ser.features.whisper.encoder import WhisperEncoder
from train.quantisation import quantise

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCE = "EDGE_SER_WHISPER"
"""Environment variable with the folder of the layers, or their name on the hub."""
_HUB = "openai/whisper-{size}"
_SPEC = re.compile(r"whisper-(?P<size>[a-z.]+)-(?P<layers>\d+)")


@lru_cache(maxsize=1)
def load_encoder(spec: str) -> WhisperEncoder:
    """Load the encoder of a feature set such as ``whisper-tiny.en-2``, as the device runs it.

    Raises:
        EdgeSerError: the layers cannot be read.
    """
    return WhisperEncoder(load_weights(spec))


@lru_cache(maxsize=1)
def digest(spec: str) -> str:
    """Return a hash of the encoder's weights, for cache keys."""
    summed = sha256()
    for name, array in sorted(load_weights(spec).items()):
        summed.update(name.encode() + array.tobytes())
    return summed.hexdigest()[:16]


@lru_cache(maxsize=1)
def load_weights(spec: str) -> dict[str, NDArray[Any]]:
    """Read the layers as :func:`read_weights` does, with int8 matrices.

    Each has a ``.scale`` beside it, as in a bundle: nodes for training are those of the device.

    Raises:
        EdgeSerError: they cannot be read.
    """
    weights: dict[str, NDArray[Any]] = {}
    for name, array in read_weights(spec).items():
        if array.ndim > 1:
            scale = f"{name.removesuffix('.weight')}.scale"
            weights[name], weights[scale] = quantise(array, axis=0)
        else:
            weights[name] = array
    return weights


def read_weights(spec: str) -> dict[str, NDArray[np.float32]]:
    """Read the convolutions and first layers, by their names in ``transformers``.

    Raises:
        EdgeSerError: they cannot be read.
    """
    match = _SPEC.fullmatch(spec)
    assert match, "checked by feature_set"
    source = os.environ.get(SOURCE) or _HUB.format(size=match["size"])
    folder = Path(source)
    try:
        found = _folder(folder) if folder.is_dir() or folder.is_absolute() else _hub(source)
    except (ImportError, OSError, ValueError) as error:
        raise EdgeSerError(
            f"cannot read Whisper's layers from {source} ({error}); set {SOURCE} to their folder "
            "or to their name on the hub"
        ) from error
    layers = tuple(f"layers.{number}." for number in range(int(match["layers"])))
    if not all(any(name.startswith(layer) for name in found) for layer in layers):
        raise EdgeSerError(f"{source} has fewer layers than {spec} needs")
    wanted = ("conv", *layers)
    return {name: a.astype(np.float32) for name, a in found.items() if name.startswith(wanted)}


def _folder(folder: Path) -> dict[str, NDArray[Any]]:
    from safetensors.numpy import load_file

    found: dict[str, NDArray[Any]] = load_file(folder / "model.safetensors")
    # a whole Whisper, or its encoder alone
    return {name.removeprefix("model.").removeprefix("encoder."): a for name, a in found.items()}


def _hub(name: str) -> dict[str, NDArray[Any]]:
    from transformers import WhisperModel

    encoder = WhisperModel.from_pretrained(name).encoder
    return {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}
