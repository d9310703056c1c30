"""Conversion of a network to the requested formats, with the reasons for failures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from torch import nn

from edge_ser.bundle import WEIGHTS
from export.options import BACKENDS
from export.signature import Signature
from export.to_numpy import to_numpy
from export.to_onnx import to_onnx
from export.to_tflite import to_tflite
from train import models

_Convert = Callable[[nn.Module, Signature, str], bytes]
_CONVERTERS: dict[str, tuple[_Convert, tuple[str, ...]]] = {
    "npz": (to_numpy, ("numpy",)),
    "onnx": (to_onnx, ("torch", "onnx", "onnxscript")),
    "tflite": (to_tflite, ("torch", "litert-torch", "ai-edge-quantizer")),
}
"""Format to its converter, and the packages that the converter uses."""


@dataclass(frozen=True)
class Failure:
    """A format that failed to convert or run.

    Args:
        reason: first line of the error.
        versions: versions of the packages involved.
    """

    reason: str
    versions: str


def available(model: str) -> list[str]:
    """List the formats available for a system of :mod:`train.models`."""
    return [name for name in BACKENDS if name != "npz" or models.find(model).numpy_form]


def by_name(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Map file contents by format to file contents by name in the bundle."""
    return {WEIGHTS[BACKENDS[name]]: content for name, content in files.items()}


Converted = dict[str, bytes | Failure]
"""Format to the contents of its file, or the failure."""


def convert(
    model: nn.Module, signature: Signature, precision: str, formats: Sequence[str]
) -> Converted:
    """Convert the network to the given formats.

    Args:
        model: network in evaluation mode; for ``int8``, from :func:`export.int8.on_grid`.
        signature: signature of its inputs.
        precision: ``int8`` or ``fp32``.
        formats: keys of :data:`BACKENDS`.
    """
    converted: Converted = {}
    for name in formats:
        make, packages = _CONVERTERS[name]
        try:
            converted[name] = make(model, signature, precision)
        except Exception as error:  # noqa: BLE001 - a converter may raise anything
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
