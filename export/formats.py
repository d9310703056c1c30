"""A network in every format that was asked for, or why it could not be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from torch import nn

from edge_ser.bundle import WEIGHTS
from export.signature import Signature
from export.to_numpy import to_numpy
from export.to_onnx import to_onnx
from export.to_tflite import to_tflite
from train import models

BACKENDS = {file.rpartition(".")[2]: backend for backend, file in WEIGHTS.items()}
"""Format to the backend that reads it: npz, onnx, tflite."""

_Convert = Callable[[nn.Module, Signature, str], bytes]
_CONVERTERS: dict[str, tuple[_Convert, tuple[str, ...]]] = {
    "npz": (to_numpy, ("numpy",)),
    "onnx": (to_onnx, ("torch", "onnx", "onnxscript")),
    "tflite": (to_tflite, ("torch", "litert-torch", "ai-edge-quantizer")),
}
"""Format to what makes it, and the packages that do."""


@dataclass(frozen=True)
class Failure:
    """A format that could not be had.

    Args:
        reason: the converter's first line.
        versions: of the packages that tried.
    """

    reason: str
    versions: str


def available(model: str) -> list[str]:
    """The formats that a system of :mod:`train.models` has."""
    return [name for name in BACKENDS if name != "npz" or models.find(model).numpy_form]


def by_name(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A bundle's files: from a format to its contents, to the file's name to them."""
    return {WEIGHTS[BACKENDS[name]]: content for name, content in files.items()}


Converted = dict[str, bytes | Failure]
"""Format to the contents of its file."""


def convert(
    model: nn.Module, signature: Signature, precision: str, formats: Sequence[str]
) -> Converted:
    """The network's files.

    Args:
        model: in evaluation mode; at ``int8`` one of :func:`export.int8.on_grid`.
        signature: of its inputs.
        precision: ``int8`` or ``fp32``.
        formats: keys of :data:`BACKENDS`.
    """
    converted: Converted = {}
    for name in formats:
        make, packages = _CONVERTERS[name]
        try:
            converted[name] = make(model, signature, precision)
        except Exception as error:  # a converter may raise anything
            text = next(iter(str(error).splitlines()), "")[:300]
            converted[name] = Failure(
                f"{type(error).__name__}: {text}", ", ".join(map(_described, packages))
            )
    return converted


def _described(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} (not installed)"
