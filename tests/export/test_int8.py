"""Int8 weights are rounded to the nearest step, and quantising again gives the same values."""

from __future__ import annotations

import io

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

from export.int8 import on_grid
from export.to_numpy import to_numpy
from export.to_onnx import to_onnx
from tests.export.systems import SYSTEMS, network, signature
from train import models
from train.quantisation import LEVELS, quantise


def test_weights_are_rounded_to_the_nearest_step() -> None:
    weight = np.random.default_rng(0).normal(size=(5, 30)).astype(np.float32)
    weight[2] = 0
    whole, scale = quantise(weight, axis=0)
    assert whole.dtype == np.int8
    assert int(np.abs(whole).max()) == LEVELS
    assert (np.abs(whole * scale[:, None] - weight) <= scale[:, None] / 2 + 1e-7).all()
    turned, same = quantise(weight.T, axis=1)
    np.testing.assert_array_equal(turned, whole.T)
    np.testing.assert_array_equal(same, scale)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_matrix_is_rounded_and_rounding_twice_changes_nothing(system: str) -> None:
    model = network(system)
    once = on_grid(model)
    before, after = dict(model.named_parameters()), dict(once.named_parameters())
    again = dict(on_grid(once).named_parameters())
    for name, weight in after.items():
        torch.testing.assert_close(again[name], weight, rtol=0, atol=1e-6)
        if weight.ndim > 1 and weight.shape[0] > 1 and "norm" not in name:
            assert (weight != before[name]).any(), name


def test_normalisation_is_folded_before_rounding() -> None:
    model = network("glam")
    inputs = signature("glam").example()
    kinds = {type(module) for module in on_grid(model).modules()}
    assert nn.BatchNorm2d not in kinds and nn.Conv2d in kinds
    with torch.no_grad():
        change = (on_grid(model)(*inputs) - model(*inputs)).abs().max()
    assert 0 < change < 0.05


def test_both_files_hold_the_same_int8_numbers() -> None:
    model, shape = on_grid(network("cogcn")), signature("cogcn")
    with np.load(io.BytesIO(to_numpy(model, shape, "int8"))) as archive:
        ours = [archive[k] for k in archive.files if archive[k].dtype == np.int8]
    tensors = onnx.load_from_string(to_onnx(model, shape, "int8")).graph.initializer
    theirs = [numpy_helper.to_array(t) for t in tensors if t.data_type == TensorProto.INT8]
    assert len(ours) == len(theirs) == sum(p.ndim == 2 for p in model.parameters())
    for mine in ours:
        assert any(
            t.shape == side.shape and (t == side).all() for t in theirs for side in (mine, mine.T)
        )


def test_int8_is_smaller() -> None:
    model, shape = models.create("bigru", 88, 4, {}).eval(), signature("bigru")
    narrow, wide = to_onnx(on_grid(model), shape, "int8"), to_onnx(model, shape, "fp32")
    assert len(narrow) < 0.3 * len(wide)
