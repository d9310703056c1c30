"""A fixture for tests of models over Whisper's layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

WIDTH, HIDDEN = 384, 1536


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of layers of the right shape with random weights."""
    # not there where only the package is tested
    from safetensors.numpy import save_file

    from train.features import whisper

    random = np.random.default_rng(0)

    def matrix(*shape: int) -> np.ndarray:
        return random.normal(0, np.prod(shape[1:]) ** -0.5, shape).astype(np.float16)

    weights = {"conv1.weight": matrix(WIDTH, 80, 3), "conv2.weight": matrix(WIDTH, WIDTH, 3)}
    for layer in ("layers.0", "layers.1"):
        for name in "qkv":
            weights[f"{layer}.self_attn.{name}_proj.weight"] = matrix(WIDTH, WIDTH)
        weights[f"{layer}.self_attn.out_proj.weight"] = matrix(WIDTH, WIDTH)
        weights[f"{layer}.fc1.weight"] = matrix(HIDDEN, WIDTH)
        weights[f"{layer}.fc2.weight"] = matrix(WIDTH, HIDDEN)
        for name in ("self_attn_layer_norm", "final_layer_norm"):
            weights[f"{layer}.{name}.weight"] = np.ones(WIDTH, np.float16)
            weights[f"{layer}.{name}.bias"] = np.zeros(WIDTH, np.float16)
    for name in ("conv1", "conv2"):
        weights[f"{name}.bias"] = np.zeros(WIDTH, np.float16)
    folder = tmp_path_factory.mktemp("whisper")
    save_file(
        {f"encoder.{name}": array for name, array in weights.items()}, folder / "model.safetensors"
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(whisper.SOURCE, str(folder))
        for cached in (whisper.load_weights, whisper.load_encoder, whisper.digest):
            cached.cache_clear()
        yield folder
    for cached in (whisper.load_weights, whisper.load_encoder, whisper.digest):
        cached.cache_clear()
