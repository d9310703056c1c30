"""Units of Whisper's layers are removed where the others can do their work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edge_ser.features.whisper.encoder import WhisperEncoder
from tests.layers import HIDDEN, layers
from train.__main__ import main
from train.features import whisper
from train.features.pruning import fit_units, prune_units, unexplained

__all__ = ["layers"]

WIDTH, UNITS = 64, 24


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    """Two layers in which the second half of the units does what the first half does."""
    random = np.random.default_rng(1)

    def matrix(*shape: int) -> np.ndarray:
        return random.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float32)

    made = {"conv1.weight": matrix(WIDTH, 80, 3), "conv2.weight": matrix(WIDTH, WIDTH, 3)}
    made |= {f"conv{number}.bias": np.zeros(WIDTH, np.float32) for number in (1, 2)}
    for layer in ("layers.0", "layers.1"):
        for name in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
            made[f"{layer}.{name}.weight"] = matrix(WIDTH, WIDTH)
        made[f"{layer}.self_attn.out_proj.weight"] = matrix(WIDTH, WIDTH)
        half = matrix(UNITS // 2, WIDTH)
        made[f"{layer}.fc1.weight"] = np.concatenate([half, half])
        made[f"{layer}.fc1.bias"] = np.ones(UNITS, np.float32)
        made[f"{layer}.fc2.weight"] = matrix(WIDTH, UNITS)
        made[f"{layer}.fc2.bias"] = random.normal(size=WIDTH).astype(np.float32)
        for name in ("self_attn_layer_norm", "final_layer_norm"):
            made[f"{layer}.{name}.weight"] = np.ones(WIDTH, np.float32)
            made[f"{layer}.{name}.bias"] = np.zeros(WIDTH, np.float32)
    return made


def spectrograms(count: int, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=(120, 80)).astype(np.float32) for _ in range(count)]


def test_units_that_others_repeat_are_not_missed(weights: dict[str, np.ndarray]) -> None:
    smaller = prune_units(weights, spectrograms(10, seed=0), UNITS // 2)
    for layer in ("layers.0", "layers.1"):
        assert smaller[f"{layer}.fc1.weight"].shape == (UNITS // 2, WIDTH)
        assert smaller[f"{layer}.fc2.weight"].shape == (WIDTH, UNITS // 2)
    assert unexplained(weights, smaller, spectrograms(3, seed=1)) < 0.005


def test_later_layers_make_up_for_the_loss(weights: dict[str, np.ndarray]) -> None:
    few, other = 6, spectrograms(3, seed=1)
    smaller = prune_units(weights, spectrograms(10, seed=0), few)
    lost = unexplained(weights, smaller, other)
    assert 0 < lost < 0.5
    # as good as it was without what the second layer learnt about the first one's loss, or better
    careless = dict(weights)
    for layer in ("layers.0", "layers.1"):
        careless[f"{layer}.fc1.weight"] = weights[f"{layer}.fc1.weight"][:few]
        careless[f"{layer}.fc1.bias"] = weights[f"{layer}.fc1.bias"][:few]
        careless[f"{layer}.fc2.weight"] = weights[f"{layer}.fc2.weight"][:, :few]
    assert lost < 0.5 * unexplained(weights, careless, other)


def test_the_unit_whose_loss_costs_least_goes_first() -> None:
    random = np.random.default_rng(2)
    active = np.concatenate([random.normal(size=(500, 6)), np.ones((500, 1))], axis=1)
    target = active @ random.normal(size=(7, 3)) + random.normal(size=(500, 3))

    def loss(units: list[int]) -> float:
        some = active[:, [*units, 6]]
        return float(np.linalg.lstsq(some, target, rcond=None)[1].sum())

    kept, fitted = fit_units(active.T @ active, active.T @ target, 5)
    every = [[u for u in range(6) if u != gone] for gone in range(6)]
    assert kept.tolist() == min(every, key=loss)
    expected = np.linalg.lstsq(active[:, [*kept, 6]], target, rcond=None)[0]
    np.testing.assert_allclose(fitted, expected, atol=0.01)


def test_the_command(
    layers: Path,
    actors: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = ["prune-encoder", "--config", "cogcn-whisper", "--set", "channels=0"]
    command += ["--set", "consistency=0", "--corpus", f"actors={actors}", "--jobs", "1"]
    command += ["--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "smaller")]
    units = HIDDEN - 30
    assert main([*command, "--units", str(units)]) == 0
    assert f"export {whisper.SOURCE}={tmp_path / 'smaller'}" in capsys.readouterr().out
    smaller = load_file(tmp_path / "smaller" / "model.safetensors")
    assert len(smaller["layers.1.fc1.weight"]) == units
    monkeypatch.setenv(whisper.SOURCE, str(tmp_path / "smaller"))
    whisper.load_weights.cache_clear()
    WhisperEncoder(whisper.load_weights("whisper-tiny.en-2"))(spectrograms(1, 0)[0])
    whisper.load_weights.cache_clear()


def test_an_output_that_cannot_be_written_is_told_before_the_work(
    layers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.touch()
    command = ["prune-encoder", "--config", "cogcn-whisper", "--corpus", "emodb=/nowhere"]
    command += ["--set", "channels=0", "--set", "consistency=0", "--units", "768"]
    assert main([*command, "--output", str(file)]) == 1
    errors = capsys.readouterr().err
    assert f"cannot write {file}" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--units", "1537"], "--units 1537: the layers have 1536"),
        (["--units", "768", "--features", "egemaps-88@500/100"], "has no encoder"),
    ],
)
def test_what_cannot_be_is_one_line(
    layers: Path,
    tmp_path: Path,
    changes: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["prune-encoder", "--config", "cogcn-whisper", "--corpus", "emodb=/nowhere"]
    command += ["--set", "channels=0", "--set", "consistency=0"]
    assert main([*command, *changes, "--output", str(tmp_path / "smaller")]) == 1
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "smaller").exists()
