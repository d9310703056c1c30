"""The table of the recipe's parts, from made-up figures."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from benchmarks import recipe
from benchmarks.variations import CONFIGS, UNCHANGED, UNITS, VARIATIONS
from tests.layers import HIDDEN, layers
from train import config
from train.conditions.augment import CLEAN
from train.features import whisper

__all__ = ["layers"]


def test_every_variation_is_a_configuration() -> None:
    for model, variations in VARIATIONS.items():
        for changes in variations.values():
            given = ["sounds=DIR", *UNCHANGED, *changes]
            changed = config.load("cogcn", CONFIGS[model], given)
            assert len(changed.candidates()) == 1


def test_the_columns_are_cases_that_never_meet_the_corpus() -> None:
    cases = []
    for pair in itertools.combinations(recipe.CORPORA, 2):
        for corpus in (name for name in recipe.CORPORA if name not in pair):
            (outer,) = (n for n in recipe.CORPORA if n not in (*pair, corpus))
            value = 0.5 if outer == "nemo" else 0.3
            states = dict.fromkeys(recipe.STATES, value)
            heard = dict.fromkeys((CLEAN, *recipe.CONDITIONS), 0.4) | {"noise:10": 0.2, "same": 0.9}
            case = {"trained": pair, "asked": corpus, "left out": outer}
            cases.append({**case, **states, **heard})
    page = recipe.page("mine", {"as shipped": {"found": cases, "seeds": 1}})
    assert len(cases) == 12
    strangers, conditions = (
        [float(cell) for cell in line.split("|")[2:-1]]
        for line in page.splitlines()
        if line.startswith("| as shipped")
    )
    assert strangers == [35.0, 35.0, 35.0, 35.0, 35.0, 30.0, 30.0, 50.0, 30.0]
    assert conditions == [40.0, 40.0, 20.0, 40.0, 40.0, 40.0, 36.0, 90.0]
    assert "prune-encoder" not in page
    assert "prune-encoder" in recipe.page("mine", {next(iter(UNITS)): {"found": cases, "seeds": 1}})


def test_rows_of_another_encoder_wait_for_it(
    layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smaller, units = next(iter(UNITS.items()))
    assert recipe.has_encoder("cogcn-whisper", "as shipped")
    assert not recipe.has_encoder("cogcn-whisper", smaller)
    weights = load_file(layers / "model.safetensors")
    for layer in (0, 1):
        for name, axis in (("fc1", 0), ("fc2", 1)):
            key = f"encoder.layers.{layer}.{name}.weight"
            weights[key] = np.take(weights[key], range(0, HIDDEN, HIDDEN // units), axis=axis)
    save_file(weights, tmp_path / "model.safetensors")
    monkeypatch.setenv(whisper.SOURCE, str(tmp_path))
    whisper.load_weights.cache_clear()
    assert recipe.has_encoder("cogcn-whisper", smaller)
    assert not recipe.has_encoder("cogcn-whisper", "as shipped")
    assert recipe.has_encoder("cogcn", "as shipped")
    whisper.load_weights.cache_clear()
