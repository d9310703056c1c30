"""Whisper's front end in NumPy against transformers', and the nodes made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder as Reference

from edge_ser.features.whisper.encoder import WhisperEncoder, gelu
from edge_ser.features.whisper.mel import LogMel, scaled
from edge_ser.features.whisper.nodes import Utterance


def spectrogram(signal: np.ndarray, chunk: int) -> np.ndarray:
    mel = LogMel()
    found = [mel.push(signal[i : i + chunk]) for i in range(0, len(signal), chunk)]
    return np.concatenate([*found, mel.finish()])


@pytest.fixture(scope="module")
def reference() -> Reference:
    torch.manual_seed(0)
    config = WhisperConfig(
        d_model=64, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=96
    )
    model: Reference = Reference(config).eval()  # type: ignore[no-untyped-call]
    return model


@pytest.fixture(scope="module")
def encoder(reference: Reference) -> WhisperEncoder:
    weights = {
        name: array.numpy()
        for name, array in reference.state_dict().items()
        if name.startswith(("conv", "layers."))
    }
    return WhisperEncoder(weights, heads=4)


def test_the_spectrogram_is_that_of_transformers(corpora: Path) -> None:
    extractor = WhisperFeatureExtractor()  # type: ignore[no-untyped-call]
    patterns = ("ravdess/*/*.flac", "emodb/wav/*.flac", "nemo/samples/*.flac")
    files = [path for pattern in patterns for path in sorted(corpora.glob(pattern))[::150]]
    assert len(files) > 10
    for file in files:
        signal, rate = soundfile.read(file, dtype="float32")
        assert rate == 16_000
        expected = extractor(
            signal, sampling_rate=rate, return_tensors="np", padding="do_not_pad"
        ).input_features[0]
        found = scaled(spectrogram(signal, 777))
        np.testing.assert_allclose(found, expected.T, atol=1e-4)


def test_frames_do_not_depend_on_the_chunks() -> None:
    signal = np.random.default_rng(0).normal(0, 0.1, 5000).astype(np.float32)
    whole = spectrogram(signal, len(signal))
    assert whole.shape == (31, 80)
    for chunk in (1, 160, 401, 4999):
        np.testing.assert_allclose(spectrogram(signal, chunk), whole, atol=1e-6)
    assert spectrogram(signal[:100], 10).shape == (0, 80)
    assert spectrogram(signal[:160], 10).shape == (1, 80)
    assert spectrogram(signal[:0], 10).shape == (0, 80)


def test_a_window_in_progress_is_clamped_to_the_maximum_so_far() -> None:
    decades = np.array([[0.0, -9.0], [2.0, -9.0]], np.float32)
    np.testing.assert_allclose(scaled(decades[:1]), [[1.0, -1.0]])
    np.testing.assert_allclose(scaled(decades), [[1.0, -0.5], [1.5, -0.5]])
    np.testing.assert_allclose(scaled(decades[:1], 2.0), [[1.0, -0.5]])


def test_the_encoder_is_that_of_transformers(reference: Reference, encoder: WhisperEncoder) -> None:
    mel = np.random.default_rng(0).normal(0, 1, (3000, 80)).astype(np.float32)
    with torch.no_grad():
        hidden = reference(torch.from_numpy(mel.T[None]), output_hidden_states=True)
        expected = reference.layer_norm(torch.from_numpy(encoder(mel)))
    # the sine of a late position, some 1500 radians, has an error of 1e-4 in transformers' float32
    np.testing.assert_allclose(expected, hidden.last_hidden_state[0], atol=2e-4)
    np.testing.assert_allclose(expected[:100], hidden.last_hidden_state[0, :100], atol=1e-5)


def test_gelu_is_torchs() -> None:
    x = np.linspace(-8, 8, 1001, dtype=np.float32)
    np.testing.assert_allclose(gelu(x), torch.nn.functional.gelu(torch.from_numpy(x)), atol=2e-6)


def test_int8_matrices_are_multiplied_by_their_scales(encoder: WhisperEncoder) -> None:
    weights: dict[str, Any] = {
        "conv1.weight": np.full((4, 80, 3), 2, np.int8),
        "conv1.scale": np.arange(4, dtype=np.float32),
        "conv1.bias": np.zeros(4, np.float32),
        "conv2.weight": np.ones((4, 4, 3), np.float32),
        "conv2.bias": np.zeros(4, np.float32),
    }
    small = WhisperEncoder(weights, heads=2)
    assert (small.layers, small.width) == (0, 4)
    same = WhisperEncoder(
        {**weights, "conv1.weight": 2 * np.ones((4, 80, 3)) * np.arange(4.0)[:, None, None]}
        | {"conv1.scale": np.ones(4, np.float32)},
        heads=2,
    )
    mel = np.random.default_rng(0).normal(0, 1, (20, 80)).astype(np.float32)
    np.testing.assert_allclose(small(mel), same(mel), rtol=1e-6)
    with pytest.raises(ValueError, match="3 heads do not divide 4 units"):
        WhisperEncoder(weights, heads=3)


@pytest.mark.parametrize(("seconds", "nodes"), [(0.01, 1), (0.35, 3), (3.0, 30), (20.07, 200)])
def test_ten_nodes_a_second_at_any_level(
    encoder: WhisperEncoder, seconds: float, nodes: int
) -> None:
    noise = np.random.default_rng(0).normal(0, 1, round(seconds * 16_000))
    loud, soft = (np.rint(level * noise).astype(np.int16) for level in (6400, 200))
    found = Utterance(encoder).nodes(loud)
    assert found.shape[0] in (nodes, max(1, nodes - 1))  # whole ones, counted from the loudest
    np.testing.assert_allclose(Utterance(encoder).nodes(soft), found, atol=0.02)


@pytest.mark.parametrize("later", [1, 511, 1600, 2345])
def test_the_same_speech_has_the_same_nodes_wherever_it_begins(
    encoder: WhisperEncoder, later: int
) -> None:
    random = np.random.default_rng(0)
    signal = np.zeros(16_000 * 11, np.int16)
    signal[3000:170_000] = np.rint(random.normal(0, 3000, 167_000) * random.uniform(0, 1))
    signal[90_000:92_000] *= 2
    found = Utterance(encoder).nodes(signal)
    assert len(found) == pytest.approx(104, abs=1)
    moved = np.concatenate([np.zeros(later, np.int16), signal[: -later - 3000]])
    np.testing.assert_array_equal(Utterance(encoder).nodes(moved), found)


def test_nothing_has_no_nodes(encoder: WhisperEncoder) -> None:
    assert Utterance(encoder).nodes(np.empty(0, np.int16)).shape == (0, 64)


def test_an_utterance_that_goes_on_is_the_same_at_its_end(encoder: WhisperEncoder) -> None:
    signal = np.rint(np.random.default_rng(0).normal(0, 500, 16_000 * 18)).astype(np.int16)
    encoded = []

    def counting(block: np.ndarray) -> np.ndarray:
        encoded.append(len(block))
        return encoder(block)

    counting.width = encoder.width  # type: ignore[attr-defined]
    utterance = Utterance(counting)  # type: ignore[arg-type]
    for seconds in (5, 9, 17):
        utterance.nodes(signal[: 16_000 * seconds])
    signal[16_000 * 17 :] //= 2  # nothing louder comes
    encoded.clear()
    found = utterance.nodes(signal)
    assert sum(encoded) == 190  # two blocks of eight seconds are known
    np.testing.assert_array_equal(found, Utterance(encoder).nodes(signal))
    louder = signal.copy()
    louder[-1000] = 30_000
    np.testing.assert_array_equal(utterance.nodes(louder), Utterance(encoder).nodes(louder))
