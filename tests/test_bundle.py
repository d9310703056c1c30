"""A bundle is used only if every byte of it is what the exporter wrote."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edge_ser
from benchmarks.fuzz.damage import endless
from edge_ser.backends import BACKENDS, trial
from edge_ser.backends import onnx as onnx_backend
from edge_ser.bundle import SUMS, WEIGHTS, load_bundle, sums
from edge_ser.errors import EdgeSerError, NotInstalledError
from tests import impatient
from tests.virtual import measured


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the bundled model."""
    return Path(shutil.copytree(load_bundle("cogcn").path, tmp_path / "copy"))


def reseal(folder: Path) -> None:
    """Makes SHA256SUMS match again, as a malicious or careless exporter could."""
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name != SUMS}
    (folder / SUMS).write_bytes(sums(files))


def test_the_bundled_model_keeps_its_promises() -> None:
    bundle = load_bundle("cogcn")
    assert bundle.precision == "int8"
    assert bundle.parameters <= 56_000
    assert bundle.labels == ("angry", "happy", "neutral", "sad")
    assert bundle.backends == list(BACKENDS)
    assert bundle.nbytes <= 80 * 1024
    assert "CARD.md" in bundle.files
    assert "cogcn" in repr(bundle)
    assert "angry/happy/neutral/sad" in repr(bundle)


def test_the_sums_are_what_sha256sum_checks(folder: Path) -> None:
    import subprocess

    subprocess.run(["sha256sum", "--check", "--strict", SUMS], cwd=folder, check=True)


def test_any_flipped_byte_is_caught(folder: Path) -> None:
    rng = random.Random(0)
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        positions = {0, len(content) - 1, *(rng.randrange(len(content)) for _ in range(40))}
        for position in positions:
            damaged = bytearray(content)
            damaged[position] ^= 1 << rng.randrange(8)
            file.write_bytes(damaged)
            with pytest.raises(EdgeSerError, match="damaged"):
                load_bundle(folder)
        file.write_bytes(content)
    load_bundle(folder)


@pytest.mark.parametrize("name", ["model.json", "model.npz", "model.onnx", "CARD.md", SUMS])
def test_a_missing_or_truncated_file_is_caught(folder: Path, name: str) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(EdgeSerError, match="damaged"):
        load_bundle(folder)
    (folder / name).unlink()
    with pytest.raises(EdgeSerError, match="damaged|lacks"):
        load_bundle(folder)


def test_unknown_models_name_the_known(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="one of: cogcn"):
        edge_ser.load("nonesuch")
    with pytest.raises(EdgeSerError, match="lacks model.json"):
        edge_ser.load(tmp_path)


def test_unexpected_files_are_refused(folder: Path) -> None:
    (folder / "weights.bin").write_bytes(b"x")
    with pytest.raises(EdgeSerError, match=r"unexpected weights\.bin"):
        load_bundle(folder)


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    shutil.move(folder / "model.npz", tmp_path / "elsewhere.npz")
    (folder / "model.npz").symlink_to(tmp_path / "elsewhere.npz")
    with pytest.raises(EdgeSerError, match=r"unexpected model\.npz"):
        load_bundle(folder)


BAD_CARDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a temperature of 0": lambda c: c.update(temperature=0),
    "a temperature that is no number": lambda c: c.update(temperature=float("nan")),
    "a threshold above 1": lambda c: c.update(threshold=1.5),
    "a count below 0": lambda c: c["normalisation"].update(count=-1),
    "an offset above 1": lambda c: c.update(enrolment={"offset": 1.5}),
    "right on strangers three times in one": lambda c: c["strangers"]["cold"].update(ua=3),
    "another format": lambda card: card.update(format="edge-ser bundle 99"),
    "no labels": lambda card: card.pop("labels"),
    "nine labels": lambda card: card.update(labels=list("abcdefghi")),
    "a label that moves the cursor": lambda card: card.update(labels=["calm", "\x1b[2J"]),
    "a label that is a number": lambda card: card.update(labels=["calm", 3]),
    "the same label twice": lambda card: card.update(labels=["sad"] * 4),
    "unknown features": lambda card: card["features"].update(set="mfcc"),
    "a short normalisation": lambda card: card["normalisation"]["mean"].pop(),
    "a NaN": lambda card: card["normalisation"]["mean"].__setitem__(0, float("nan")),
    "a deviation of zero": lambda card: card["normalisation"]["std"].__setitem__(0, 0.0),
    "an unknown graph": lambda card: card["graph"].update(kind="star"),
    "an unknown precision": lambda card: card.update(precision="int4"),
    "no windows": lambda card: card.pop("windows"),
    "windows of an hour": lambda card: card["windows"].update(length=3600.0),
    "windows that never move on": lambda card: card["windows"].update(step=0.0),
    "a gamma that is no number": lambda card: card["graph"].update(gamma="much"),
    "other inputs": lambda card: card["inputs"].pop(),
    "an endless step": lambda card: card["features"].update(step=float("inf")),
    "no parameters": lambda card: card.update(parameters=None),
    "a name of two lines": lambda card: card.update(name="a\nb"),
}


@pytest.mark.parametrize("change", BAD_CARDS.values(), ids=BAD_CARDS.keys())
def test_cards_that_make_no_sense(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    card = json.loads((folder / "model.json").read_text())
    change(card)
    (folder / "model.json").write_text(json.dumps(card))
    reseal(folder)
    with pytest.raises(EdgeSerError, match="cannot be used"):
        load_bundle(folder)


def weights(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "model.npz") as archive:
        return {name: archive[name] for name in archive.files}


def save(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    (folder / "model.npz").write_bytes(buffer.getvalue())
    reseal(folder)


BAD_WEIGHTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "NaN": lambda arrays: arrays["output.bias"].fill(np.nan),
    "an infinite scale": lambda arrays: arrays["output.scale"].fill(np.inf),
    "scales of another layer": lambda arrays: arrays.update(
        {"output.scale": arrays["preprocess.scale"]}
    ),
    "a missing layer": lambda arrays: arrays.pop("output.weight"),
    "another shape": lambda arrays: arrays.update(
        {"convolutions.0.weight": np.zeros((3, 5), np.int8)}
    ),
    "a short bias": lambda arrays: arrays.update({"output.bias": np.zeros(3, np.float32)}),
    "float64": lambda arrays: arrays.update({"output.bias": np.zeros(4)}),
    "a pickle": lambda arrays: arrays.update({"output.bias": np.array([object()])}),
    "too few logits": lambda arrays: arrays.update(
        {k: arrays[k][:3] for k in ("output.weight", "output.bias")}
    ),
}


@pytest.mark.parametrize("change", BAD_WEIGHTS.values(), ids=BAD_WEIGHTS.keys())
def test_numpy_weights_that_do_not_fit(
    folder: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    arrays = weights(folder)
    change(arrays)
    save(folder, arrays)
    with pytest.raises(EdgeSerError, match=r"cannot be used: model\.npz"):
        edge_ser.load(folder, "numpy")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a model" * 100])
def test_weights_that_are_no_weights(folder: Path, content: bytes) -> None:
    for backend, file in WEIGHTS.items():
        (folder / file).write_bytes(content)
        reseal(folder)
        with pytest.raises(EdgeSerError, match="cannot be used"):
            edge_ser.load(folder, backend)


def test_onnx_weights_outside_the_file_are_refused(folder: Path) -> None:
    import onnx

    model = onnx.load(folder / "model.onnx")
    onnx.save_model(
        model, folder / "model.onnx", save_as_external_data=True, location="x", size_threshold=0
    )
    (folder / "x").unlink()
    reseal(folder)
    with pytest.raises(EdgeSerError, match="outside"):
        edge_ser.load(folder, "onnx")


@pytest.mark.parametrize("hidden", [False, True])
def test_onnx_weights_outside_the_file_are_refused_in_whatever_order(
    hidden: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protocol buffers may have the value before the key; the second lock needs no pattern."""
    import onnx

    model = onnx.load(folder / "model.onnx")
    onnx.save_model(
        model,
        tmp_path / "m.onnx",
        save_as_external_data=True,
        location="secret",
        size_threshold=1024,
    )
    assert (tmp_path / "secret").is_file()
    content = (tmp_path / "m.onnx").read_bytes()
    key, value = b"\x0a\x08location", b"\x12\x06secret"
    assert key + value in content
    (folder / "model.onnx").write_bytes(content.replace(key + value, value + key))
    reseal(folder)
    monkeypatch.chdir(tmp_path)
    reason = "outside the file"
    if hidden:
        monkeypatch.setattr(onnx_backend, "_EXTERNAL_DATA", b"no such bytes")
        reason = "nonexistent"
        content = (folder / "model.onnx").read_bytes()
        with pytest.raises(Exception, match=reason):
            onnx_backend.open_session(content)
        return
    with pytest.raises(EdgeSerError, match=reason):
        edge_ser.load(folder, "onnx")


def test_what_is_tried_is_what_is_used(folder: Path) -> None:
    """Whatever becomes of the folder after it was read."""
    bundle = load_bundle(folder)
    for file in folder.iterdir():
        file.unlink()
    assert edge_ser.Recognizer(bundle, "onnx").backend == "onnx"


@pytest.mark.parametrize("backend", ["onnx", "tflite"])
def test_a_model_that_crashes_its_runtime(
    backend: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found out in another process; a model that came with the package is not tried there."""
    crashing = "import os; os.abort()"
    monkeypatch.setattr(trial, "_CODE", crashing)
    with pytest.raises(EdgeSerError, match=r"the runtime crashes on it \(SIGABRT\)"):
        edge_ser.load(folder, backend)
    monkeypatch.setattr(trial, "_CODE", "import time; time.sleep(60)")
    monkeypatch.setattr(trial, "_WALL", 1)
    with pytest.raises(EdgeSerError, match="it takes more than 1 s to load"):
        edge_ser.load(folder, backend)
    edge_ser.load("cogcn", backend)


@pytest.mark.parametrize("backend", ["onnx", "tflite"])
def test_a_model_from_elsewhere_is_tried_and_taken(
    backend: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in measured().items():  # the process that tries it counts lines too
        monkeypatch.setenv(name, value)
    assert not load_bundle(folder).packaged
    assert edge_ser.load(folder, backend).backend == backend


def test_a_graph_that_never_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processor time is limited."""
    import onnx

    assert trial._SECONDS == 10
    impatient.shorten(monkeypatch.setattr)
    edge_ser.load(folder, "onnx")  # a model that ends needs less
    model = onnx.load(folder / "model.onnx")
    model.graph.node.append(endless(model.graph.node[-1].output[0]))
    model.graph.output[0].name = "endless"
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    reseal(folder)
    with pytest.raises(EdgeSerError, match="more than 2 s or too much memory"):
        edge_ser.load(folder, "onnx")


def test_an_archive_that_unpacks_to_more_than_it_may(folder: Path) -> None:
    arrays = weights(folder) | {"more": np.zeros(65 << 20, np.int8)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    assert len(buffer.getvalue()) < 1 << 20
    (folder / "model.npz").write_bytes(buffer.getvalue())
    reseal(folder)
    with pytest.raises(EdgeSerError, match="unpacks to more than 64 MiB"):
        edge_ser.load(folder, "numpy")


def test_backends_that_are_not_there(folder: Path) -> None:
    with pytest.raises(EdgeSerError, match="numpy, onnx, tflite"):
        edge_ser.load(folder, "tpu")
    (folder / "model.onnx").unlink()
    reseal(folder)
    with pytest.raises(EdgeSerError, match="no weights for onnx"):
        edge_ser.load(folder, "onnx")


@pytest.mark.parametrize(
    ("backend", "package", "modules"),
    [
        ("onnx", "onnxruntime", ["onnxruntime"]),
        ("tflite", "ai-edge-litert", ["ai_edge_litert.interpreter", "tflite_runtime.interpreter"]),
    ],
)
def test_a_missing_runtime_is_named(
    backend: str, package: str, modules: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    wanted = f"pip install {package}, or use --backend numpy$"
    with pytest.raises(NotInstalledError, match=wanted):
        edge_ser.load("cogcn", backend)
