"""What a run extracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_ser.nodes import Nodes
from train import config as configurations
from train import pipeline
from train.corpora import Row
from train.features.cache import Cache

ROWS = [
    Row(corpus=corpus, path=Path("clip.wav"), speaker="1", emotion="angry")
    for corpus in ("a", "b", "a")
]


def test_corpora_that_are_only_tested_have_no_copies(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would cost time, and their voices would be in the babble behind the others."""

    def extract(rows: list[Row], *_: Any) -> list[Nodes]:
        return [Nodes(np.ones((5, 88), np.float32), [(0.0, 0.5)], [5]) for _ in rows]

    monkeypatch.setattr(pipeline, "extract", extract)
    config = configurations.load("cogcn", changes=["tested_only=b"])
    data = pipeline.load_data(config, ROWS, ["clean", "copy:0"], cache)
    assert data.clips["clean"].owners.tolist() == [0, 1, 2]
    assert data.clips["copy:0"].owners.tolist() == [0, 2]
