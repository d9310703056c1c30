"""A model over Whisper's layers, from the weights to a stream, where openSMILE is not installed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

import edge_ser
from edge_ser.audio import AudioSignal
from edge_ser.bundle import ENCODER, ENCODER_ONNX, load_bundle
from edge_ser.cli import doctor
from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.nodes import extract
from edge_ser.speech.gate import SpeechDetector
from edge_ser.speech.whisper_segmenter import WhisperSegmenter
from export.encoder import describe_encoder, encoder_files
from export.formats import by_name, convert
from export.int8 import on_grid
from export.signature import Signature
from export.write import write_bundle
from tests.layers import HIDDEN, WIDTH
from train import config, models
from train.features import whisper

SPEC = "whisper-tiny.en-2"


@pytest.fixture(scope="module")
def bundle(layers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained CoGCN over them."""
    chosen = config.load("cogcn", None, [f"features={SPEC}", "layers=1", "hidden=16", "gamma=0.5"])
    (candidate,) = chosen.candidates()
    torch.manual_seed(0)
    model = on_grid(models.create("cogcn", WIDTH, 4, candidate.network))
    files: dict[str, Any] = convert(model, Signature.of(chosen), "int8", ["npz", "onnx"])
    features = feature_set(SPEC)
    told = load_bundle("cogcn").card
    card = {
        **{key: told[key] for key in ("format", "version", "precision", "labels", "parameters")},
        "name": "cogcn-whisper",
        "architecture": {"system": "cogcn", **candidate.network},
        "inputs": Signature.of(chosen).describe(),
        "features": {
            "set": features.set,
            "version": features.version,
            "window": features.frame,
            "step": features.step,
        },
        "normalisation": {"mean": [0.0] * WIDTH, "std": [1.0] * WIDTH, "clip": 5.0, "count": 100.0},
        "graph": {"kind": "cosine", "gamma": 0.5},
        "windows": {"length": 8.0, "step": 4.0},
    }
    folder = tmp_path_factory.mktemp("models") / "cogcn-whisper"
    write_bundle(folder, card, by_name(files) | encoder_files(features, list(files)))
    return folder


@pytest.fixture(scope="module")
def clip(corpora: Path) -> Path:
    return sorted(corpora.glob("emodb/wav/*.flac"))[3]


def test_listen_and_classify_say_the_same_at_any_level(bundle: Path, clip: Path) -> None:
    recognizer = edge_ser.load(bundle)
    signal, rate = soundfile.read(clip, dtype="int16")
    (utterance,) = recognizer.classify(signal, rate).utterances
    assert utterance.end - utterance.start > 0.7 * len(signal) / rate
    events = list(recognizer.stream(edge_ser.AudioFile(clip)))
    assert [event.type for event in events[:-1]] == ["window"] * (len(events) - 1)
    assert len(events) > 2
    last = events[-1]
    assert last.type == "utterance"
    assert last.probabilities == utterance.probabilities
    softer = np.rint(signal / 10).astype(np.int16)
    (soft,) = recognizer.classify(softer, rate).utterances
    for label, value in soft.probabilities.items():
        assert value == pytest.approx(utterance.probabilities[label], abs=0.02)


def test_nodes_of_the_device_are_those_of_training(bundle: Path, layers: Path, clip: Path) -> None:
    encoder = load_bundle(bundle).encoder()
    assert encoder is not None
    signal, rate = soundfile.read(clip, dtype="int16")
    mine, theirs = (
        extract(AudioSignal(signal, rate), WhisperSegmenter(feature_set(SPEC), chosen))
        for chosen in (encoder, whisper.load_encoder(SPEC))
    )
    np.testing.assert_array_equal(mine.values, theirs.values)
    start, end = mine.utterances[0]
    assert 0.8 * 10 * (end - start) < mine.counts[0] <= 10 * (end - start) + 2


def test_opensmile_is_neither_loaded_nor_needed(bundle: Path, clip: Path) -> None:
    code = f"""
import sys, importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "opensmile" else found(name, *rest)
sys.modules["opensmile"] = None
import edge_ser, json
print(len(edge_ser.load({str(bundle)!r}).classify_source(edge_ser.AudioFile({str(clip)!r})).utterances))
maps = open("/proc/self/maps").read()
print(json.dumps([name for name in ("SMILE", "torch", "transformers") if name in maps]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heard, loaded = done.stdout.split("\n", 1)
    assert heard == "1"
    assert json.loads(loaded) == []


def test_the_doctor_does_not_ask_for_opensmile(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", absent)
    arguments = argparse.Namespace(model=str(bundle), backend=None, device="absent")
    checks = {check.name: check for check in doctor._checks(arguments)}
    assert "openSMILE" not in checks
    assert checks["opensmile"].status == "optional"
    assert checks["numpy"].status == "error"
    assert checks["speed"].status == "ok"


def test_silence_wakes_nobody(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    def nothing(self: SpeechDetector, chunk: np.ndarray, peak: float) -> float:
        heard.append(chunk)
        return 0.0

    monkeypatch.setattr(SpeechDetector, "probability", nothing)
    random = np.random.default_rng(0)
    hum = random.normal(0, 30, 20 * 16_000)
    recognizer = edge_ser.load(bundle)
    assert not recognizer.classify(np.rint(hum).astype(np.int16), 16_000).utterances
    assert 512 * len(heard) < 5 * 16_000  # until the floor has risen to the noise


def test_two_utterances_and_a_gap(bundle: Path, clip: Path) -> None:
    signal, rate = soundfile.read(clip, dtype="int16")
    pause = np.zeros(rate, np.int16)
    encoder = load_bundle(bundle).encoder()
    assert encoder is not None
    segmenter = WhisperSegmenter(feature_set(SPEC), encoder)
    found = segmenter.push(np.concatenate([signal, pause, signal, pause])) + segmenter.finish()
    assert len(found) == 2
    assert found[1].start - found[0].start == pytest.approx(len(signal) / rate + 1, abs=0.1)
    segmenter.restart(100.0)
    assert segmenter.finish() == []
    again = segmenter.push(np.concatenate([signal, pause])) + segmenter.finish()
    assert [segment.start - 100 for segment in again] == pytest.approx([found[0].start])
    np.testing.assert_allclose(again[0].values, found[0].values, atol=1e-5)


def test_a_bundle_without_its_encoder_is_refused(bundle: Path, tmp_path: Path) -> None:
    whole = load_bundle(bundle)
    without = {name: content for name, content in whole.files.items() if name != ENCODER}
    del without["model.json"]
    write_bundle(tmp_path / "without", whole.card, without)
    with pytest.raises(EdgeSerError, match=r"it lacks encoder\.npz; export it again"):
        edge_ser.load(tmp_path / "without")
    write_bundle(tmp_path / "damaged", whole.card, without | {ENCODER: b"PK"})
    with pytest.raises(EdgeSerError, match=r"encoder\.npz: BadZipFile .*; export it again"):
        edge_ser.load(tmp_path / "damaged")


def test_onnxruntime_says_what_numpy_says(bundle: Path, clip: Path) -> None:
    answers = [
        edge_ser.load(bundle, backend).classify_source(edge_ser.AudioFile(clip))
        for backend in ("numpy", "onnx")
    ]
    assert answers[0].probabilities
    assert answers[1].probabilities == pytest.approx(answers[0].probabilities, abs=1e-5)


def test_an_encoder_that_onnxruntime_cannot_use(bundle: Path, tmp_path: Path) -> None:
    whole = load_bundle(bundle)
    files = {name: content for name, content in whole.files.items() if name != "model.json"}
    write_bundle(tmp_path / "damaged", whole.card, files | {ENCODER_ONNX: b"none"})
    with pytest.raises(EdgeSerError, match=r"encoder\.onnx: .*; export it again"):
        edge_ser.load(tmp_path / "damaged", "onnx")
    edge_ser.load(tmp_path / "damaged", "numpy")  # which does not read it


def test_the_report_tells_what_the_encoder_costs(layers: Path) -> None:
    features = feature_set(SPEC)
    files = encoder_files(features, ["npz"])
    told = describe_encoder(features, files)
    assert told["files"][ENCODER]["bytes"] == len(files[ENCODER])
    shares = told["files"][ENCODER]["ms"]
    assert 0 < shares["1"] < shares["8"]
    # convolutions; projections, feed-forward layers, scores and sums of 400 frames
    frames = 100 * 3 * 80 * WIDTH + 50 * 3 * WIDTH * WIDTH
    layer = 50 * (4 * WIDTH * WIDTH + 2 * WIDTH * HIDDEN) + 50 * 2 * 400 * WIDTH
    assert told["multiply_accumulates_per_second"] == frames + 2 * layer


def test_layers_that_are_not_there(
    layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper.load_weights.cache_clear()
    monkeypatch.setenv(whisper.SOURCE, str(tmp_path))
    with pytest.raises(EdgeSerError, match="cannot read Whisper's layers from .*EDGE_SER_WHISPER"):
        whisper.load_weights(SPEC)
