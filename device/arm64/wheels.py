"""Check that aarch64 wheels exist for everything the device needs, or install them into a folder.

    python device/arm64/wheels.py resolve WHEEL         for Python 3.10 to 3.13; installs nothing
    python device/arm64/wheels.py install WHEEL FOLDER  for Debian 12's Python 3.11, anywhere

WHEEL is edge-ser's own. openSMILE is installed without its dependencies, which are not needed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

from packaging.requirements import Requirement

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
DEBIAN = "3.11"
EXTRAS = ("", "onnx", "tflite", "mqtt", "web")
_TAGS = ("_2_17", "2014", "_2_24", "_2_26", "_2_27", "_2_28", "_2_31", "_2_34", "_2_35")


def requirements(wheel: Path, python: str) -> list[str]:
    """List what the wheel requires on a Python version, with the device's extras, but openSMILE."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition("/")[0] for name in archive.namelist()}
        (information,) = (name for name in names if name.endswith(".dist-info"))
        declared = PathDistribution(zipfile.Path(archive, f"{information}/")).requires or []
    wanted = []
    for requirement in map(Requirement, declared):
        environments = [{"python_version": python, "extra": extra} for extra in EXTRAS]
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            requirement.marker = None
            wanted.append(str(requirement))
    return [line for line in wanted if not line.startswith(("opensmile", "edge-ser"))]


def constraints(python: str) -> str:
    """Select the pins for a Python version; pip would evaluate markers for its own."""
    lines = []
    for line in CONSTRAINTS.read_text().splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate({"python_version": python}):
                pin.marker = None
                lines.append(str(pin))
    return "\n".join([*lines, ""])


def pip(python: str, *arguments: str) -> None:
    """Run ``pip install`` for aarch64 and a Python version that need not be installed here."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as pins:
        pins.write(constraints(python))
        pins.flush()
        number = python.replace(".", "")
        command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        command += ["--no-input", "--only-binary=:all:", "-c", pins.name]
        command += ["--implementation", "cp", "--python-version", number]
        for abi in (f"cp{number}", "abi3", "none"):
            command += ["--abi", abi]
        for tag in _TAGS:
            command += ["--platform", f"manylinux{tag}_aarch64"]
        subprocess.run([*command, *arguments], check=True)


def main() -> None:
    """Resolve or install; if that fails, pip has reported what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("resolve", "install"))
    parser.add_argument("wheel", type=Path)
    parser.add_argument("folder", nargs="?", default="nowhere")
    arguments = parser.parse_args()
    wheel, into = arguments.wheel, ("--target", arguments.folder)
    try:
        if arguments.action == "install":
            pip(DEBIAN, "--no-compile", "--no-deps", *into, str(wheel), "opensmile")
            pip(DEBIAN, "--no-compile", *into, *requirements(wheel, DEBIAN))
            return
        for python in PYTHONS:
            asked = ("--dry-run", "--ignore-installed", *into)
            pip(python, *asked, *requirements(wheel, python))
            pip(python, *asked, "--no-deps", "opensmile")
            print(f"Python {python}: every wheel is there for aarch64")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
