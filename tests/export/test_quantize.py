"""The export command, on a run trained on real speech."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import edge_ser
from edge_ser.audio import AudioFile
from edge_ser.bundle import load_bundle
from export import formats
from export.options import BACKENDS
from export.quantize import main as quantize
from train.__main__ import main as train


@pytest.fixture(scope="module")
def run(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a run on five speakers and few clips: quick, but inaccurate."""
    folder = tmp_path_factory.mktemp("run")
    lines = ["path,speaker,emotion"]
    for actor in range(1, 6):
        for code, emotion in (("01", "neutral"), ("03", "happy"), ("04", "sad"), ("05", "angry")):
            pattern = f"ravdess/Actor_{actor:02}/03-01-{code}-01-0[12]-01-*.flac"
            lines += [f"{path},{actor},{emotion}" for path in sorted(corpora.glob(pattern))]
    manifest = folder / "clips.csv"
    manifest.write_text("\n".join(lines) + "\n")
    settings = ["layers=2", "gamma=0.5", "epochs=3", "augment=0", "features=egemaps-88@500/100"]
    arguments = ["fit", "--corpus", f"few={manifest}", "--cache", str(folder / "cache")]
    for setting in settings:
        arguments += ["--set", setting]
    assert train([*arguments, "--jobs", "1", "--output", str(folder / "run")]) == 0
    return folder / "run"


def arguments(run: Path, output: Path, *more: str) -> list[str]:
    cache = str(run.parent / "cache")
    return ["--run", str(run), "--output", str(output), "--cache", cache, "--jobs", "1", *more]


@pytest.mark.parametrize(
    ("precision", "made"), [("int8", ["npz", "onnx", "tflite"]), ("fp32", ["npz"])]
)
def test_a_bundle_that_listens(
    run: Path,
    tmp_path: Path,
    precision: str,
    made: list[str],
    corpora: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In every format, if not told otherwise; the others of fp32 are heard in ``test_formats``."""
    output = tmp_path / "mine"
    drop = ["--max-ua-drop", "50"]  # with so few clips, one changed prediction costs points
    told = [] if len(made) == 3 else ["--formats", *made]
    assert quantize(arguments(run, output, "--precision", precision, *drop, *told)) == 0
    printed = capsys.readouterr().out
    rows = ("trained", "exported", *made)
    for word in (*rows, "Change: of a logit", "multiply-accumulates"):
        assert word in printed
    bundle = load_bundle(output)
    report = json.loads(bundle.files["report.json"])
    runtimes = report["runtimes"]
    assert list(runtimes) == ["trained", "pytorch", *made]
    assert report["parameters"] == bundle.parameters and report["failures"] == {}
    # a window of 80 nodes: three layers on every node, two aggregations, the classifier
    assert report["multiply_accumulates"] == 80 * (88 + 2 * 128 + 2 * 80) * 128 + 4 * 128
    for name in made:
        assert runtimes[name]["bytes"] == len(bundle.files[f"model.{name}"])
        assert 0 < runtimes[name]["p50_ms"] <= runtimes[name]["p95_ms"]
        assert runtimes[name]["largest_difference_from_pytorch"] < 1e-4
        assert set(runtimes[name]["scores"]["few"]["recall"]) == set(bundle.labels)
    changed = runtimes["pytorch"]["largest_logit_change"]
    assert (changed > 1e-4) == (precision == "int8")
    assert "| npz |" in bundle.files["report.md"].decode()
    assert (bundle.name, bundle.precision) == ("mine", precision)
    assert bundle.card["training"]["corpora"]["few"]["speakers"] == 5
    assert bundle.card["metrics"]["before"]["few"]["clips"] == 40
    clip = next(corpora.glob("ravdess/Actor_20/*.flac"))
    assert bundle.backends == [BACKENDS[name] for name in made]
    answers = [edge_ser.load(output, b).classify_source(AudioFile(clip)) for b in bundle.backends]
    for answer in answers[1:]:
        assert answer.probabilities == pytest.approx(answers[0].probabilities, abs=1e-5)


def test_a_bundle_over_whisper(
    layers: Path, corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["path,speaker,emotion"]
    for actor in range(1, 6):
        for code, emotion in (("01", "neutral"), ("03", "happy"), ("04", "sad"), ("05", "angry")):
            folder = corpora / "ravdess" / f"Actor_{actor:02}"
            lines.append(f"{folder}/03-01-{code}-01-01-01-{actor:02}.flac,{actor},{emotion}")
    manifest = tmp_path / "clips.csv"
    manifest.write_text("\n".join(lines) + "\n")
    given = ["--corpus", f"few={manifest}", "--features", "whisper-tiny.en-2", "--jobs", "1"]
    given += ["--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "run")]
    for setting in ("layers=1", "hidden=8", "gamma=0.5", "epochs=1", "augment=0"):
        given += ["--set", setting]
    assert train(["fit", *given]) == 0
    output = tmp_path / "mine"
    drop = ["--max-ua-drop", "100", "--formats", "npz"]
    assert quantize(arguments(tmp_path / "run", output, *drop)) == 0
    assert "The encoder of the nodes: " in capsys.readouterr().out
    bundle = load_bundle(output)
    assert bundle.nbytes > len(bundle.files["encoder.npz"]) > 4e6
    assert "Whisper's first layers (MIT)" in bundle.card["licence"]
    assert "encoder.npz" in bundle.files["report.md"].decode()


def test_a_pruned_bundle_is_smaller(run: Path, tmp_path: Path) -> None:
    options = ["--formats", "npz", "--max-ua-drop", "50"]
    whole, pruned = tmp_path / "whole", tmp_path / "pruned"
    assert quantize(arguments(run, whole, *options)) == 0
    assert quantize(arguments(run, pruned, *options, "--prune", "0.5")) == 0
    small, large = load_bundle(pruned), load_bundle(whole)
    assert small.nbytes < 0.5 * large.nbytes
    assert small.card["architecture"]["hidden"] == 64 == large.card["architecture"]["hidden"] // 2
    assert small.card["training"]["pruned"] == 0.5
    report = json.loads(small.files["report.json"])
    assert report["recipe"] == {"precision": "int8", "pruned": 0.5}
    assert report["parameters"] == small.parameters < large.parameters
    # "before" is the unpruned network, as trained
    before = json.loads(large.files["report.json"])["runtimes"]["trained"]["scores"]
    assert report["runtimes"]["trained"]["scores"] == before
    assert "50 % of the hidden units" in small.files["CARD.md"].decode()


@pytest.mark.parametrize("fraction", ["-0.1", "0.95", "nan", "half"])
def test_fractions_that_make_no_sense(
    fraction: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        quantize(arguments(tmp_path, tmp_path / "out", "--prune", fraction))
    assert end.value.code == 2
    assert "is not a number from 0 to 0.9" in capsys.readouterr().err


def test_one_format_that_cannot_be_had(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check that the other formats are written, the report gives the reason and the status is 1."""

    def broken(*_: object) -> bytes:
        raise RuntimeError("no lowering for aten.sleep\nand much more")

    _, packages = formats._CONVERTERS["tflite"]
    monkeypatch.setitem(formats._CONVERTERS, "tflite", (broken, packages))
    output = tmp_path / "most"
    options = ["--formats", "npz", "tflite", "--max-ua-drop", "50"]
    assert quantize(arguments(run, output, *options)) == 1
    assert "no tflite: RuntimeError: no lowering for aten.sleep (torch" in capsys.readouterr().err
    bundle = load_bundle(output)
    assert bundle.backends == ["numpy"]
    assert (
        "litert-torch" in json.loads(bundle.files["report.json"])["failures"]["tflite"]["versions"]
    )
    assert "No tflite: RuntimeError" in bundle.files["report.md"].decode()
    assert quantize(arguments(run, tmp_path / "never", "--formats", "tflite")) == 1
    assert "no format could be had" in capsys.readouterr().err
    assert not (tmp_path / "never").exists()


def test_a_runtime_that_disagrees_writes_nothing(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make, packages = formats._CONVERTERS["npz"]

    def careless(model: nn.Module, *rest: Any) -> bytes:
        other = copy.deepcopy(model)
        with torch.no_grad():
            next(other.parameters()).mul_(1.05)  # changes logits, but hardly any label
        return make(other, *rest)

    monkeypatch.setitem(formats._CONVERTERS, "npz", (careless, packages))
    output = tmp_path / "never"
    options = ["--formats", "npz", "--max-ua-drop", "50"]
    assert quantize(arguments(run, output, *options)) == 1
    assert "in a logit from PyTorch" in capsys.readouterr().err
    assert not output.exists()


def test_a_fall_in_ua_writes_nothing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "never"
    assert quantize(arguments(run, output, "--formats", "npz", "--max-ua-drop", "-101")) == 1
    assert "nothing is written" in capsys.readouterr().err
    assert not output.exists()


def test_what_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quantize(arguments(tmp_path, tmp_path / "out")) == 1
    assert "is not a run" in capsys.readouterr().err


def test_an_unfinished_run(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "final").rename(tmp_path / "final")
    try:
        assert quantize(arguments(run, tmp_path / "out")) == 1
    finally:
        (tmp_path / "final").rename(run / "final")
    assert "not finished" in capsys.readouterr().err


def test_a_network_that_no_device_can_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "dnn"
    other.mkdir()
    (other / "folds.json").write_bytes((run / "folds.json").read_bytes())
    fields = json.loads((run / "config.json").read_text())
    fields["config"]["model"] = "dnn"
    (other / "config.json").write_text(json.dumps(fields))
    assert quantize(["--run", str(other), *arguments(run, tmp_path / "out")[2:]]) == 1
    assert "hears whole clips; a device cannot run it" in capsys.readouterr().err
