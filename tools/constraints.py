"""Pin again what constraints.txt pins: `make constraints`.

uv resolves all of pyproject.toml, extras and dependency groups, for Linux and Python 3.10 to 3.13
at once. A version that is pinned already is kept wherever it still fits; arguments go to uv, for
example `--upgrade-package numpy` or `--upgrade`.
"""

import re
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
HEADER = """\
# The versions that this repository is developed, trained and tested with; `make constraints` makes
# this file. Bounds are in pyproject.toml. Python 3.10 lacks wheels of some of the newest releases.
# Left out on purpose: torch's CUDA packages: torch itself pins them, the CPU build has none.
"""
LEFT_OUT = re.compile(r"(nvidia|cuda)-|triton==")


def main() -> None:
    """Resolve, and rewrite the file; uv has said what is wrong where it fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        pins = folder / "pins.txt"
        pins.write_text(CONSTRAINTS.read_text())  # what is pinned there, uv prefers
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "uv"]
        resolve = [str(python), "-m", "uv", "pip", "compile", "--quiet", "--universal"]
        resolve += ["--python-version", "3.10", "--no-header", "--no-annotate"]
        resolve += ["--all-extras", "--group", "dev", "--group", "docs"]
        resolve += ["--output-file", str(pins), "pyproject.toml"]
        try:
            subprocess.run(install, check=True)
            subprocess.run([*resolve, *sys.argv[1:]], cwd=ROOT, check=True)
        except subprocess.CalledProcessError as error:
            sys.exit(error.returncode)
        resolved = pins.read_text()
    CONSTRAINTS.write_text(HEADER + plain(resolved))


def plain(resolved: str) -> str:
    """The pins, with markers only where a package has several versions."""
    versions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for line in resolved.splitlines():
        pin, _, marker = line.partition(" ; ")
        if not LEFT_OUT.match(pin):
            versions[pin.partition("==")[0]].append((pin, marker))
    lines = []
    for pins in versions.values():
        if len(pins) == 1:
            lines.append(pins[0][0])
        else:
            lines += [f"{pin} ; {_pythons(marker)}" for pin, marker in pins]
    return "\n".join([*lines, ""])


def _pythons(marker: str) -> str:
    if " or " in marker:
        sys.exit(f"tools/constraints.py cannot simplify this marker: {marker}")
    found = re.findall(r"python_full_version (<|>=|==) '(3\.\d+(?:\.\d+)?)(?:\.\*)?'", marker)
    return " and ".join(
        f'python_{"full_" * (v.count(".") > 1)}version {sign} "{v}"'
        for sign, v in found
        if v != "3.14"
    )


if __name__ == "__main__":
    main()
