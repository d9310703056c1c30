"""A trained network as ``model.tflite``, for LiteRT and its predecessor, the TFLite runtime."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from edge_ser.backends.muted import muted_stderr
from export.recurrent import unrolled
from export.signature import Signature

_BITS = 8


def to_tflite(model: nn.Module, signature: Signature, precision: str) -> bytes:
    """The model for one window of the longest length, padded and masked.

    The shapes in the file are those of the longest window. Where the signature is variable, the
    runtime may set others: x is (N, d) then, a_hat (N, N) and mask (N, 1), since any reshape in the
    file would fix the number of nodes.

    Args:
        model: as for :func:`export.to_onnx.to_onnx`.
        signature: of its inputs.
        precision: ``int8`` or ``fp32``.
    """
    # weights whose channels lie last in memory are converted to other numbers without a word
    made: nn.Module = unrolled(model).to(memory_format=torch.contiguous_format).eval()  # type: ignore[call-overload]
    example = signature.example()
    if signature.variable:
        *rest, mask = (given[0] for given in example)
        made, example = _Column(made), (*rest, mask.unsqueeze(-1))
    with _quiet():
        import litert_torch  # half a gigabyte: jax, transformers, torchao

        converted = litert_torch.convert(made, example)
        return _written(_renamed(converted.model_content(), signature), precision)


class _Column(nn.Module):
    """A network whose mask is a column."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *inputs: Tensor) -> Tensor:
        *rest, mask = inputs
        return self.model(*rest, mask.squeeze(-1))


def _renamed(content: bytes, signature: Signature) -> bytes:
    """With short names: those of an unrolled layer are a third of its file."""
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
    """The weights of products and convolutions in int8, which the runtime widens, or as they are.

    Both come from the quantizer, which aligns the numbers as the runtimes like them.
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
    """Without the converters' own reports, those of their C++ too."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), muted_stderr():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
