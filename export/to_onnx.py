"""Export of a trained network as ``model.onnx``, for onnxruntime."""

from __future__ import annotations

import logging
import math
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from export.recurrent import for_onnx
from train.quantisation import quantise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from export.signature import Signature

OPSET = 18
LONGEST = 4096

_AXES = {"Conv": 0, "GRU": 1, "LSTM": 1, "Transpose": 0}
"""Operator to the output axis of its weights; that of products depends on the node."""


def to_onnx(model: nn.Module, signature: Signature, precision: str) -> bytes:
    """Convert the model to ONNX, for one window with any number of nodes.

    Args:
        model: forward(x (1, N, d)[, a_hat (1, N, N)], mask (1, N)) -> logits (1, C); for ``int8``,
            from :func:`export.int8.on_grid`.
        signature: signature of its inputs.
        precision: ``int8`` (weights int8, arithmetic float32) or ``fp32``.
    """
    nodes = torch.export.Dim("N", min=2, max=LONGEST)
    return export_onnx(
        for_onnx(model).eval(),
        signature.example(),
        precision,
        inputs=list(signature.shapes),
        outputs=["logits"],
        shapes=tuple(dict.fromkeys(sides, nodes) for sides in signature.sides.values()),
    )


def export_onnx(
    model: nn.Module,
    example: tuple[Tensor, ...],
    precision: str,
    *,
    inputs: list[str],
    outputs: list[str],
    shapes: tuple[dict[int, Any], ...],
) -> bytes:
    """Export a module to ONNX, in one file without the traces of the machine.

    Args:
        model: in evaluation mode.
        example: its inputs.
        precision: ``int8`` or ``fp32``, of the stored weights.
        inputs: names of the inputs.
        outputs: names of the outputs.
        shapes: dimension to its range, for each input.
    """
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            example,
            dynamo=True,
            input_names=inputs,
            output_names=outputs,
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
        assert program is not None
        file = Path(folder) / "model.onnx"
        program.save(str(file), external_data=False)
        exported = onnx.load(file)
    if precision == "int8":
        _narrow(exported.graph)
    return _stripped(exported)


def _narrow(graph: Any) -> None:
    """Store every weight in int8, followed by a DequantizeLinear."""
    weights = {t.name: t for t in graph.initializer if math.prod(t.dims) > max(t.dims, default=1)}
    axes: dict[str, int] = {}
    for node in _nodes(graph):
        for name in node.input:
            if name in weights and (axis := _output_axis(node, name)) is not None:
                axes[name] = axis
    widened = []
    for name, axis in axes.items():
        whole, scale = quantise(numpy_helper.to_array(weights[name]), axis)
        graph.initializer.remove(weights[name])
        stored: list[tuple[Any, str]] = [(whole, f"{name}.int8"), (scale, f"{name}.scale")]
        graph.initializer.extend(numpy_helper.from_array(a, n) for a, n in stored)
        widened.append(
            helper.make_node("DequantizeLinear", [n for _, n in stored], [name], axis=axis)
        )
    for node in reversed(widened):
        graph.node.insert(0, node)
    left = [t.name for t in graph.initializer if t.name in weights]
    if left:  # a weight of an operator that _output_axis does not know
        raise RuntimeError(f"the weights {', '.join(left)} were not quantised")


def _output_axis(node: Any, name: str) -> int | None:
    """Return the output axis of a weight by the node that reads it; None for unknown operators."""
    if node.op_type == "MatMul":
        return 1 if node.input[1] == name else 0
    if node.op_type == "Gemm":
        return 0 if any(a.name == "transB" and a.i for a in node.attribute) else 1
    return _AXES.get(node.op_type)


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield all nodes, including those in the bodies of loops."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)


def _stripped(model: Any) -> bytes:
    """Serialise the model without the exporter's metadata, such as source paths of the nodes.

    Intermediate shapes are dropped too: some are wrong after constant folding.
    """
    graph = model.graph
    del graph.value_info[:]
    for part in (model, graph, *_nodes(graph), *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    return bytes(model.SerializeToString())
