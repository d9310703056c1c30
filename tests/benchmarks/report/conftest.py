from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from benchmarks.report.inspection import InspectedFold
from report.style import drawing
from tests.clips import actors, some_rows
from train import config
from train.__main__ import main
from train.conditions.augment import CLEAN
from train.features.cache import Cache
from train.learning.data import fit_normalisation
from train.learning.trained import Fitted, build_model
from train.pipeline import load_data
from train.runs import Run

__all__ = ["actors", "some_rows"]

Open = Callable[..., InspectedFold]


@pytest.fixture(autouse=True)
def in_style() -> Iterator[None]:
    with drawing():
        yield


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="session")
def shared_cache(home: Path) -> Cache:
    return Cache(home / "cache", 1, Console(stderr=True))


@pytest.fixture(scope="session")
def trained(home: Path, actors: Path) -> Path:
    """Train fold 0 of a CoGCN for one epoch; return the folder of its run."""
    changes = ["features=egemaps-88@500/100", "hidden=16", "epochs=1", "gamma=0.5", "layers=2"]
    settings = [word for change in changes for word in ("--set", change)]
    arguments = ["evaluate", "--corpus", f"actors={actors}", "--folds", "0", *settings]
    places = ["--runs", home / "runs", "--output", home / "figures.json", "--cache", home / "cache"]
    assert main([*arguments, *map(str, places), "--jobs", "1", "--device", "cpu"]) == 0
    return home / "runs" / "seed-0"


@pytest.fixture(scope="session")
def cogcn(trained: Path, shared_cache: Cache) -> InspectedFold:
    heard = InspectedFold.open(Run.open(trained, shared_cache), shared_cache)
    assert heard is not None
    return heard


@pytest.fixture(scope="session")
def untrained(home: Path, actors: Path, shared_cache: Cache) -> Open:
    """Return a function that opens fold 0 of a run with an untrained network."""

    def make(model: str, *changes: str) -> InspectedFold:
        settings = config.load(model, changes=changes)
        folder = home / "-".join([model, *changes]).replace("=", "-")
        origin = {"command": "", "commit": None}
        run = Run.start(folder, settings, 0, "folds", {"actors": actors}, origin, shared_cache)
        candidate = settings.candidates()[0]
        torch.manual_seed(0)
        state = build_model(settings, candidate).state_dict()
        normalisation = None
        if settings.normalisation == "cold":
            some = run.rows[:4]
            data = load_data(settings, some, [CLEAN], shared_cache)
            normalisation = fit_normalisation(
                data.clips[CLEAN], np.arange(len(some)), settings.limit
            )
        if 0 in run.unfinished:
            run.save(0, Fitted(candidate, state, 1, {}, [], 0.0), normalisation, {})
        heard = InspectedFold.open(run, shared_cache)
        assert heard is not None
        return heard

    return make
