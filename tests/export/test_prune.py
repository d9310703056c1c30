"""Pruning removes the smallest units as a whole and leaves a smaller network of the same kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from edge_ser.errors import EdgeSerError
from export.prune import prune, without_units
from tests.export.systems import settings, signature
from train import models
from train.models import count_parameters
from train.runs import Run

VARIANTS: list[dict[str, Any]] = [{}, {"skip": False}, {"preprocess": False}, {"layers": 1}]


def network(**changes: Any) -> nn.Module:
    torch.manual_seed(0)
    shape = signature("cogcn")
    network = {"layers": 3, "hidden": 40, **changes}
    return models.create("cogcn", shape.dimension, 4, network).eval()


@pytest.mark.parametrize("changes", VARIANTS)
def test_units_that_do_nothing_go_first(changes: dict[str, Any]) -> None:
    model, shape = network(**changes), signature("cogcn")
    idle = torch.arange(0, 40, 4)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith("output"):
                parameter[idle] = 0.0
            if parameter.ndim == 2 and parameter.shape[1] == 40:
                parameter[:, idle] = 0.0
    smaller = without_units(model, shape, 0.25)
    assert smaller.get_submodule("output").in_features == 30
    assert {p.shape[0] for n, p in smaller.named_parameters() if "output" not in n} == {30}
    inputs = shape.example()
    with torch.no_grad():
        torch.testing.assert_close(smaller(*inputs), model(*inputs), rtol=0, atol=1e-6)


@pytest.mark.parametrize("changes", VARIANTS)
def test_it_is_the_same_system_with_fewer_units(changes: dict[str, Any]) -> None:
    model = network(**changes)
    smaller = without_units(model, signature("cogcn"), 0.5)
    assert count_parameters(smaller) == count_parameters(network(**changes, hidden=20))
    network(**changes, hidden=20).load_state_dict(smaller.state_dict())
    assert count_parameters(model) == count_parameters(network(**changes))  # only a copy was pruned


@pytest.mark.parametrize("system", ["bigru", "glam"])
def test_systems_that_cannot_be_pruned(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(Path("run"), settings(system), 0, "folds", {}, [], [])
    monkeypatch.setattr(Run, "load", lambda *_: None)
    with pytest.raises(EdgeSerError, match=f"{system} cannot be pruned: .*cogcn and tgcn"):
        prune(run, None, None, 0.3)  # type: ignore[arg-type]
