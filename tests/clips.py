"""Fixtures: a few real clips, and where what is computed of them is kept."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from train import corpora as readers
from train.corpora import Row
from train.features.cache import Cache

MakeWav = Callable[..., Path]


@pytest.fixture
def make_wav(tmp_path: Path) -> MakeWav:
    """Writes a quarter of a second of faint noise below ``tmp_path``, at any rate."""

    def make(name: str, rate: int = 16_000, seed: int = 0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).standard_normal(rate // 4)
        soundfile.write(path, 0.01 * noise, rate)
        return path

    return make


@pytest.fixture
def console() -> Console:
    return Console(stderr=True, force_terminal=False, width=200)


@pytest.fixture
def cache(tmp_path: Path, console: Console) -> Cache:
    return Cache(tmp_path / "cache", 1, console)


@pytest.fixture(scope="session")
def some_rows(corpora: Path) -> list[Row]:
    """A few real clips: RAVDESS actors 01 to 06, one sentence, each emotion twice an actor."""
    return [
        row
        for row in readers.read("ravdess", corpora / "ravdess")
        if row.speaker <= "06" and row.path.stem[9:17] in ("02-01-01", "01-02-01")
    ]


@pytest.fixture(scope="session")
def actors(some_rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The few clips as a manifest."""
    file = tmp_path_factory.mktemp("actors") / "clips.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "speaker", "emotion"])
        writer.writerows([row.path, row.speaker, row.emotion] for row in some_rows)
    return file
