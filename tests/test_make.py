"""The two commands, in a fresh copy of the repository."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[1]
NEEDED = (
    "Makefile",
    "pyproject.toml",
    "constraints.txt",
    "README.md",
    "LICENSE",
    "LICENSE-MODEL.md",
    "edge_ser",
    "device",
)

# ALSA as it comes, and no sound server: no microphone, unless there is a sound card
NO_MICROPHONE = {"ALSA_CONFIG_PATH": "/usr/share/alsa/alsa.conf", "PULSE_SERVER": "none"}

# what `make test` passes on to the tests and so to the make inside them
OUTER_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "ARGS"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make listen` needs of a fresh clone, its environment begun and not done."""
    folder = tmp_path_factory.mktemp("clone")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho half finished; exit 1\n")
    return folder


def outside_make() -> dict[str, str]:
    """Return the environment without what a make that runs the tests adds to it."""
    return {k: v for k, v in os.environ.items() if k not in OUTER_MAKE}


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", f"PYTHON={sys.executable}", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env=outside_make() | NO_MICROPHONE | {"PIP_COMPILE": "0"},  # Python does, what it imports
    )


def processor_time() -> float:
    """Seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_listen_sets_itself_up_and_replays_the_demo_clip(checkout: Path) -> None:
    arguments = "ARGS=--json --duration 2.5"
    first = make(checkout, "listen", arguments)
    assert first.returncode == 0, first.stderr
    setting_up, no_microphone, listening = first.stderr.splitlines()
    assert setting_up.startswith("setting up .venv")
    assert no_microphone.endswith("; replaying the demo clip instead")
    assert listening.startswith('listening to "edge_ser/demo/demo.flac" with cogcn')
    assert json.loads(first.stdout.splitlines()[-1])["type"] == "utterance"

    begin = processor_time()
    second = make(checkout, "listen", "ARGS=--json --duration 0.1")
    assert processor_time() - begin < 2  # setting up takes much more
    assert second.returncode == 0
    assert second.stderr.splitlines() == [no_microphone, listening]

    installed = {p.name for p in (checkout / ".venv").glob("lib/python*/site-packages/*")}
    assert "opensmile" in installed
    assert not {"pandas", "pyarrow", "torch", "audformat"} & installed
    files = [path for path in (checkout / ".venv").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 130e6


def test_extras_are_added_to_what_is_there(checkout: Path) -> None:
    arguments = ("listen", "EXTRAS=mqtt", "ARGS=--json --duration 0.1")
    first = make(checkout, *arguments)
    assert first.returncode == 0, first.stderr
    assert first.stderr.splitlines()[0] == "adding mqtt to .venv …"
    assert list((checkout / ".venv").glob("lib/python*/site-packages/paho"))
    assert len(make(checkout, *arguments).stderr.splitlines()) == 2

    unknown = make(checkout, "listen", "EXTRAS=train")
    assert unknown.returncode != 0
    assert "no extra 'train'; there are: mqtt, onnx, png, tflite, web" in unknown.stderr


def test_new_requirements_make_it_set_up_again(checkout: Path) -> None:
    assert make(checkout, "--question", ".venv/.ready").returncode == 0
    os.utime(checkout / "constraints.txt")
    assert make(checkout, "--question", ".venv/.ready").returncode == 1


def stand_in(tmp_path: Path, devices: str) -> Path:
    """A checkout whose edge-ser lists ``devices`` (a shell command), and echoes its arguments."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    program = tmp_path / ".venv" / "bin" / "edge-ser"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nif [ "$1" = devices ]; then {devices}; exit; fi\necho "$@"\n')
    program.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    return tmp_path


def test_listen_takes_the_microphone_that_is_there(tmp_path: Path) -> None:
    done = make(stand_in(tmp_path, "echo '{}'"), "listen", "ARGS=--json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "listen --json\n", "")


def test_listen_names_what_the_system_lacks(tmp_path: Path) -> None:
    message = "edge-ser: error: the PortAudio library is missing; install it"
    done = make(stand_in(tmp_path, f"echo ALSA noise >&2; echo '{message}' >&2; exit 1"), "listen")
    assert done.returncode == 0
    assert done.stdout == "listen --input edge_ser/demo/demo.flac --realtime\n"
    assert done.stderr == f"{message}; replaying the demo clip instead\n"


def test_listen_fails_as_edge_ser_fails(tmp_path: Path) -> None:
    checkout = stand_in(tmp_path, "echo '{}'")
    (checkout / ".venv" / "bin" / "edge-ser").write_text(
        '#!/bin/sh\nif [ "$1" = devices ]; then echo "{}"; else exit 1; fi\n'
    )
    assert make(checkout, "listen").returncode == 2  # make's own code for a failed recipe


@pytest.mark.parametrize("python", ["/bin/false", "nonesuch"])
def test_another_python_is_refused_by_name(tmp_path: Path, python: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    done = make(tmp_path, "listen", f"PYTHON={python}")
    assert done.returncode != 0
    assert f"edge-ser needs Python 3.10 to 3.13, and {python} is not" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_the_training_environment_has_its_command(tmp_path: Path) -> None:
    """The script runs in the environment's Python, from any folder."""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (tmp_path / "one.mk").write_text(
        f"include {ROOT}/Makefile\none:\n\t$(call train-command,venv)\n"
    )
    made = subprocess.run(["make", "-f", "one.mk", "one"], cwd=tmp_path, env=outside_make())
    assert made.returncode == 0
    done = subprocess.run(
        [tmp_path / "venv" / "bin" / "edge-ser-train"],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "edge-ser-train report runs/ours" in done.stdout


def test_every_target_is_in_the_help() -> None:
    told = make(ROOT, "help").stdout
    makefile = (ROOT / "Makefile").read_text()
    for line in makefile.splitlines():
        if line.startswith(".PHONY:"):
            for target in line.split()[1:]:
                assert target == "help" or f"make {target} " in told
