"""Clips whose emotions are easy to tell, without audio."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge_ser.events import LABELS
from edge_ser.features import feature_set
from edge_ser.nodes import Nodes
from train import config
from train.config import Config
from train.corpora import Row
from train.learning.data import Clips

SPEC = "egemaps-88@500/100"


def settings(*changes: str) -> Config:
    """Return the settings of a small CoGCN."""
    small = [f"features={SPEC}", "gamma=0.5", "layers=2", "hidden=32", "epochs=6"]
    return config.load("cogcn", changes=[*small, *changes])


def rows_of(speakers: int, clips: int = 8) -> list[Row]:
    """Return rows of the emotions in turn."""
    return [
        Row(
            corpus="c", path=Path(f"{speaker}-{i}.wav"), speaker=str(speaker), emotion=LABELS[i % 4]
        )
        for speaker in range(speakers)
        for i in range(clips)
    ]


def made_up(rows: list[Row], seed: int = 0) -> Clips:
    """Make nodes whose emotion shifts three features, and whose speaker shifts all slightly."""
    random = np.random.default_rng(seed)
    voices = {row.speaker: 0.3 * random.standard_normal(88) for row in rows}
    found = []
    for row in rows:
        nodes = random.standard_normal((12, 88)) + voices[row.speaker]
        nodes[:, 3 * LABELS.index(row.emotion) :][:, :3] += 2.0
        found.append(Nodes(nodes.astype(np.float32), [(0.0, 1.2)], [12]))
    return Clips.of(found, feature_set(SPEC))
