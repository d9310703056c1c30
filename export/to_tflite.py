"""Export of a trained network as ``model.tflite``, for LiteRT and the older TFLite runtime."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from edge_ser.native import quiet
from export.recurrent import unrolled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from export.signature import Signature

_BITS = 8


def to_tflite(model: nn.Module, signature: Signature, precision: str) -> bytes:
    """Convert the model to TFLite, for one window of the longest length, padded and masked.

    The shapes in the file are those of the longest window. If the signature is variable, the
    runtime may set others: then x is (N, d), a_hat (N, N) and mask (N, 1), since any reshape in the
    file would fix the number of nodes.

    Args:
        model: as for :func:`export.to_onnx.to_onnx`.
        signature: signature of its inputs.
        precision: ``int8`` or ``fp32``.
    """
    # channels-last weights would silently be converted to wrong values
    made: nn.Module = unrolled(model).to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    example = signature.example()
    if signature.variable:
        *rest, mask = (given[0] for given in example)
        made, example = _Column(made), (*rest, mask.unsqueeze(-1))
    with _quiet():
        import litert_torch  # imports half a gigabyte: jax, transformers, torchao

        converted = litert_torch.convert(made, example)
        return _written(_renamed(converted.model_content(), signature), precision)


class _Column(nn.Module):
    """A network that takes its mask as a column, (N, 1)."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Tensor:
        *rest, mask = inputs
        return self.model(*rest, mask.squeeze(-1))


def _renamed(content: bytes, signature: Signature) -> bytes:
    """Shorten the tensor names, which take up a third of the file of an unrolled layer."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    model.signatureDefs = model.description = None
    (graph,) = model.subgraphs
    graph.name = None
    for number, tensor in enumerate(graph.tensors):
        tensor.name = str(number).encode()
        tensor.shapeSignature = None
    for place, name in zip(graph.inputs, signature.shapes, strict=True):
        graph.tensors[place].name = name.encode()
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _written(content: bytes, precision: str) -> bytes:
    """Store the weights of products and convolutions in int8, or leave them for fp32.

    Both go through the quantizer, which aligns the buffers as the runtimes expect.
    """
    from ai_edge_quantizer import qtyping, quantizer

    writing = quantizer.Quantizer(bytearray(content))
    known = qtyping.TFLOperationName
    for operation in (known.FULLY_CONNECTED, known.CONV_2D, known.DEPTHWISE_CONV_2D):
        if precision == "int8":
            writing.add_weight_only_config(".*", operation, _BITS)
        else:
            nothing = quantizer.AlgorithmName.NO_QUANTIZE
            writing.update_quantization_recipe(".*", operation, algorithm_key=nothing)
    return bytes(writing.quantize().quantized_model)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence the converters' output, including that of their C++ libraries."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), quiet():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
