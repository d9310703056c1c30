"""A trained graph network as ``model.onnx``, for onnxruntime."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from export.int8 import on_grid

OPSET = 18
INPUTS = ("x", "a_hat", "mask")
LONGEST = 4096


def to_onnx(model: nn.Module, dimension: int, precision: str) -> bytes:
    """The model for one graph with any number of nodes.

    Args:
        model: forward(x (1, N, d), a_hat (1, N, N), mask (1, N)) -> logits (1, C).
        dimension: d.
        precision: ``int8`` (weights int8, activations quantised as they come, aggregation and
            last layer float) or ``fp32``.
    """
    model = (on_grid(model) if precision == "int8" else model).eval()
    with tempfile.TemporaryDirectory() as folder:
        float_, prepared, int8 = (Path(folder) / f"{name}.onnx" for name in "abc")
        _export(model, dimension, float_)
        if precision == "fp32":
            return _stripped(float_)
        quant_pre_process(str(float_), str(prepared))
        graph = onnx.load(prepared).graph
        constants = {tensor.name for tensor in graph.initializer}
        products = [n for n in graph.node if n.op_type in ("MatMul", "Gemm")]
        weighted = [n for n in products if n.input[1] in constants]
        # quantize_dynamic rewrites a Gemm to <name>_MatMul + Add before it looks at the exclusions
        last = weighted[-1].name
        quantize_dynamic(
            prepared,
            int8,
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[last, f"{last}_MatMul"],
        )
        operators = [n.op_type for n in onnx.load(int8).graph.node]
        if (
            operators.count("MatMulInteger") != len(weighted) - 1
        ):  # a wrong name is ignored silently
            raise RuntimeError(f"expected {len(weighted) - 1} integer products in {operators}")
        return _stripped(int8)


def _stripped(path: Path) -> bytes:
    """The file without the exporter's notes: where in whose source tree each node came from."""
    model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    return bytes(model.SerializeToString())


def _export(model: nn.Module, dimension: int, path: Path) -> None:
    nodes = torch.export.Dim("N", min=2, max=LONGEST)
    n = 7
    example = (torch.randn(1, n, dimension), torch.eye(n)[None], torch.ones(1, n))
    shapes = ({1: nodes}, {1: nodes, 2: nodes}, {1: nodes})
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            example,
            dynamo=True,
            input_names=list(INPUTS),
            output_names=["logits"],
            dynamic_shapes=shapes,
            opset_version=OPSET,
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=False)
