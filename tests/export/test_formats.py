"""Every system in every format and runtime equals the same network in PyTorch, on real clips."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import edge_ser
from edge_ser import graph, nodes
from edge_ser.audio import AudioFile
from edge_ser.backends import open_backend
from edge_ser.bundle import WEIGHTS, load_bundle
from edge_ser.speech.segmenter import SpeechSegmenter
from export.formats import Failure, convert
from export.options import BACKENDS
from tests.export.systems import (
    SYSTEMS,
    bundle,
    converted,
    features,
    network,
    settings,
    signature,
)

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 2e-5
CLIPS = ("ravdess/Actor_05/*.flac", "emodb/wav/*.flac", "nemo/samples/*.flac")


def expected(model: nn.Module, system: str, folder: Path, clip: Path) -> np.ndarray:
    """Compute the logits of the clip's utterances in PyTorch, window by window."""
    chosen, found = settings(system), features(system)
    with SpeechSegmenter(found) as segmenter:
        heard = nodes.extract(AudioFile(clip), segmenter)
    x = load_bundle(folder).normalisation.transform(heard.values)
    rows = []
    for windows in heard.windows(found, chosen.window, chosen.window_step):
        logits = []
        for window in windows:
            inputs = [torch.from_numpy(x[window])]
            if chosen.graph != "none":
                inputs.append(torch.from_numpy(graph.build(chosen.graph, x[window], 0.5)))
            inputs.append(torch.ones(len(inputs[0])))
            with torch.inference_mode():
                logits.append(model(*(given.unsqueeze(0) for given in inputs))[0].numpy())
        rows.append(np.mean(logits, axis=0))
    return np.array(rows)


@pytest.mark.parametrize(
    ("system", "precision"),
    [*((system, "int8") for system in SYSTEMS), ("cogcn", "fp32"), ("glam", "fp32")],
)
def test_the_device_says_what_pytorch_says(
    system: str, precision: str, corpora: Path, tmp_path: Path
) -> None:
    model, files = converted(system, precision)
    folder = bundle(system, tmp_path / system, files)
    clips = [sorted(corpora.glob(pattern))[7] for pattern in CLIPS]
    wanted = {clip: expected(model, system, folder, clip) for clip in clips}
    for name in files:
        recognizer = edge_ser.load(folder, BACKENDS[name])
        for clip, logits in wanted.items():
            assert np.ptp(logits) > 1e-3
            scores = np.exp(logits - logits.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
            heard = recognizer.classify_source(AudioFile(clip)).utterances
            given = np.array([list(u.probabilities.values()) for u in heard])
            np.testing.assert_allclose(given, scores, atol=TOLERANCE)


@pytest.mark.parametrize("system", SYSTEMS)
def test_any_number_of_nodes(system: str, tmp_path: Path) -> None:
    """Check one node, several, and the number of the longest window."""
    (model, files), shape = converted(system, "int8"), signature(system)
    exported = load_bundle(bundle(system, tmp_path / system, files))
    for backend in exported.backends:
        runtime = open_backend(exported, backend)
        for n in (1, 2, min(9, shape.longest), shape.longest, min(5, shape.longest)):
            x = torch.randn(n, shape.dimension)
            a_hat = torch.from_numpy(graph.build("cycle", x.numpy())) if shape.graph else None
            inputs = [x, *([] if a_hat is None else [a_hat]), torch.ones(n)]
            with torch.inference_mode():
                logits = model(*(given.unsqueeze(0) for given in inputs))[0].numpy()
            found = runtime(x.numpy(), None if a_hat is None else a_hat.numpy())
            np.testing.assert_allclose(found, logits, atol=TOLERANCE)


def test_a_format_that_cannot_be_had_is_told_with_versions() -> None:
    files = convert(network("glam"), signature("glam"), "fp32", ["npz", "onnx"])
    failure = files["npz"]
    assert isinstance(failure, Failure) and isinstance(files["onnx"], bytes)
    assert "NumPy backend computes CoGCN and TGCN, not GLAM" in failure.reason
    assert failure.versions == f"numpy {np.__version__}"


@pytest.mark.parametrize("name", list(BACKENDS))
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_no_trace_of_the_machine_it_was_made_on(precision: str, name: str) -> None:
    content = converted("cogcn", precision)[1][name]
    assert b"cogcn.py" not in content
    assert str(ROOT).encode() not in content


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="tflite-runtime 2.14 has no wheel for Python 3.12 and later"
)
def test_the_predecessor_of_litert_runs_the_same_files(tmp_path: Path) -> None:
    """Run tflite-runtime 2.14 in its own environment, since it needs NumPy 1."""
    environment = tmp_path / "venv"
    venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(venv, check=True)
    python = str(environment / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "-qq", "--disable-pip-version-check"]
    wanted = ["numpy<2", "tflite-runtime==2.14.0"]
    subprocess.run([*pip, "install", "--no-compile", *wanted], check=True)
    inputs, answers = {}, {}
    for system in SYSTEMS:
        shape = signature(system)
        folder = bundle(system, tmp_path / system, converted(system, "int8")[1])
        x = np.random.default_rng(0).normal(size=(min(9, shape.longest), shape.dimension))
        runtime = open_backend(load_bundle(folder), "tflite")
        values = x.astype(np.float32)
        a_hat = graph.build("cycle", values) if shape.graph else None
        inputs[str(folder)] = values.tolist()
        answers[str(folder)] = runtime(values, a_hat)
    code = """
import json, sys
import numpy as np
from edge_ser import graph
from edge_ser.backends import open_backend
from edge_ser.bundle import load_bundle
for folder, x in json.load(sys.stdin).items():
    bundle, x = load_bundle(folder), np.array(x, np.float32)
    a_hat = graph.build("cycle", x) if bundle.graph else None
    print(json.dumps([folder, open_backend(bundle, "tflite")(x, a_hat).tolist()]))
assert "tflite_runtime" in sys.modules and "ai_edge_litert" not in sys.modules
"""
    done = subprocess.run(
        [python, "-c", code],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    found = dict(map(json.loads, done.stdout.splitlines()))
    assert set(found) == set(answers)
    for place, logits in answers.items():
        np.testing.assert_allclose(found[place], logits, atol=TOLERANCE)


def test_every_weight_file_has_a_format() -> None:
    assert {f"model.{name}" for name in BACKENDS} == set(WEIGHTS.values())
