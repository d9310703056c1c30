"""The same network in PyTorch, NumPy and onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from edge_ser import graph
from edge_ser.backends import open_backend
from edge_ser.backends.numpy_ import quantise
from edge_ser.bundle import SUMS, Bundle, load_bundle
from edge_ser.errors import EdgeSerError
from export.int8 import LEVELS, on_grid, quantise_weight, quantised
from export.to_numpy import to_numpy
from export.to_onnx import INPUTS, to_onnx
from export.write import write_bundle
from train.models.cogcn import CoGCN

D = 88


def network(**settings: Any) -> CoGCN:
    torch.manual_seed(0)
    return CoGCN(D, 4, **{"layers": 3, "hidden": 40, **settings}).eval()


def bundle(model: CoGCN, precision: str) -> Bundle:
    """As exported, but for what the backends do not read."""
    reference = load_bundle("cogcn")
    card = {**reference.card, "architecture": {"skip": model.skip}}
    card["inputs"] = [{"name": name} for name in INPUTS]
    files = {"model.npz": to_numpy(model, precision), "model.onnx": to_onnx(model, D, precision)}
    return Bundle(Path("made-up"), card, files)


def example(n: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(n).normal(size=(n, D)).astype(np.float32).clip(-3, 3)
    return x, graph.build("cosine", x, 0.05)


def run_torch(model: torch.nn.Module, x: np.ndarray, a_hat: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        logits = model(
            torch.from_numpy(x)[None], torch.from_numpy(a_hat)[None], torch.ones(1, len(x))
        )
    return logits[0].numpy()


@pytest.mark.parametrize("settings", [{}, {"skip": False}, {"preprocess": False}, {"layers": 1}])
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_three_runtimes_one_answer(settings: dict[str, Any], precision: str) -> None:
    model = network(**settings)
    exported = bundle(model, precision)
    numpy, onnx_ = (open_backend(exported, name) for name in ("numpy", "onnx"))
    for n in (1, 2, 17, 300):
        x, a_hat = example(n)
        expected = run_torch(model, x, a_hat)
        np.testing.assert_allclose(numpy(x, a_hat), onnx_(x, a_hat), atol=1e-5)
        np.testing.assert_allclose(
            numpy(x, a_hat), expected, atol=1e-5 if precision == "fp32" else 0.05
        )
        if precision == "int8":
            assert np.abs(numpy(x, a_hat) - expected).max() > 0  # it was quantised indeed


def test_both_files_hold_the_same_int8_numbers(tmp_path: Path) -> None:
    files = bundle(network(), "int8").files
    (tmp_path / "model.npz").write_bytes(files["model.npz"])
    with np.load(tmp_path / "model.npz") as archive:
        ours = [archive[k] for k in archive.files if archive[k].dtype == np.int8]
    tensors = onnx.load_from_string(files["model.onnx"]).graph.initializer
    theirs = [numpy_helper.to_array(t) for t in tensors if t.data_type == TensorProto.INT8]
    theirs = [t for t in theirs if t.ndim == 2]
    assert len(ours) == len(theirs) == 4
    for mine in ours:
        assert any(t.shape == mine.T.shape and (t == mine.T).all() for t in theirs)


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_no_trace_of_the_machine_it_was_made_on(precision: str) -> None:
    content = to_onnx(network(), D, precision)
    assert b"cogcn.py" not in content
    assert str(Path.cwd()).encode() not in content


def test_int8_is_smaller() -> None:
    model = network(hidden=120)
    assert len(to_onnx(model, D, "int8")) < 0.4 * len(to_onnx(model, D, "fp32"))
    assert len(to_numpy(model, "int8")) < 0.4 * len(to_numpy(model, "fp32"))


def test_weights_are_rounded_to_the_nearest_step() -> None:
    weight = torch.randn(5, 30)
    weight[2] = 0
    whole, scale = quantise_weight(weight)
    assert whole.dtype == torch.int8
    assert int(whole.abs().max()) == LEVELS
    assert ((whole * scale[:, None] - weight).abs() <= scale[:, None] / 2 + 1e-7).all()


def test_rounding_twice_changes_nothing() -> None:
    once = on_grid(network())
    for layer, again in zip(
        quantised(once).values(), quantised(on_grid(once)).values(), strict=True
    ):
        torch.testing.assert_close(layer.weight, again.weight, rtol=0, atol=1e-7)


def test_activations_are_quantised_as_onnx_does() -> None:
    node = helper.make_node("DynamicQuantizeLinear", ["x"], ["y", "scale", "zero"])
    made = helper.make_model(
        helper.make_graph(
            [node],
            "g",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "d"])],
            [
                helper.make_tensor_value_info("y", TensorProto.UINT8, ["n", "d"]),
                helper.make_tensor_value_info("scale", TensorProto.FLOAT, []),
                helper.make_tensor_value_info("zero", TensorProto.UINT8, []),
            ],
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=9,
    )
    session = onnxruntime.InferenceSession(made.SerializeToString())
    rng = np.random.default_rng(0)
    for x in (
        rng.normal(size=(9, 7)).astype(np.float32),
        rng.uniform(2, 3, size=(4, 4)).astype(np.float32),
        -rng.uniform(2, 3, size=(4, 4)).astype(np.float32),
        np.zeros((2, 3), np.float32),
    ):
        y, scale, zero = session.run(None, {"x": x})
        mine, step = quantise(x)
        np.testing.assert_array_equal(mine, y.astype(np.float32) - np.float32(zero))
        assert step == scale or not x.any()


def test_writing_replaces_a_bundle_and_nothing_else(tmp_path: Path) -> None:
    reference = load_bundle("cogcn")
    files = {k: v for k, v in reference.files.items() if k != "model.json"}
    output = tmp_path / "deep" / "model"
    write_bundle(output, reference.card, files)
    write_bundle(output, {**reference.card, "version": "2"}, files)
    assert load_bundle(output).card["version"] == "2"
    assert [p.name for p in output.parent.iterdir()] == ["model"]
    assert (output / SUMS).is_file()

    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(EdgeSerError, match="holds no bundle"):
        write_bundle(precious, reference.card, files)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    reference = load_bundle("cogcn")
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeSerError, match="cannot write"):
        write_bundle(tmp_path / "file" / "model", reference.card, {})
