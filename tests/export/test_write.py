"""Bundles are written completely or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge_ser.bundle import SUMS, load_bundle
from edge_ser.errors import EdgeSerError
from export.write import write_bundle


def test_writing_replaces_a_bundle_and_nothing_else(tmp_path: Path) -> None:
    reference = load_bundle("cogcn")
    files = {k: v for k, v in reference.files.items() if k != "model.json"}
    output = tmp_path / "deep" / "model"
    write_bundle(output, reference.card, files)
    write_bundle(output, {**reference.card, "version": "2"}, files)
    assert load_bundle(output).card["version"] == "2"
    assert [p.name for p in output.parent.iterdir()] == ["model"]
    assert (output / SUMS).is_file()

    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    with pytest.raises(EdgeSerError, match="holds no bundle"):
        write_bundle(precious, reference.card, files)
    assert (precious / "thesis.txt").read_text() == "years of work"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    reference = load_bundle("cogcn")
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeSerError, match="cannot write"):
        write_bundle(tmp_path / "file" / "model", reference.card, {})
    with pytest.raises(EdgeSerError, match="is no folder"):
        write_bundle(tmp_path / "file", reference.card, {})


KILLED = """
import os, sys
from pathlib import Path
from edge_ser.bundle import load_bundle
from export.write import write_bundle

output = Path(sys.argv[1])
reference = load_bundle("cogcn")
files = {k: v for k, v in reference.files.items() if k != "model.json"}
write_bundle(output, {**reference.card, "version": "old"}, files)
left, survived = 0, False
while not survived:
    left += 1
    child = os.fork()
    if not child:
        steps = iter(range(left))

        def die(event, arguments):  # before each file is opened, renamed, removed ...
            if next(steps, None) is None:
                os._exit(9)

        sys.addaudithook(die)
        write_bundle(output, {**reference.card, "version": "new"}, files)
        os._exit(0)
    survived = os.waitpid(child, 0)[1] == 0
    print(load_bundle(output).card["version"])
"""


def test_killed_at_any_step_it_leaves_the_old_bundle_or_the_new(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "model")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    versions = done.stdout.split()
    steps = versions.index("new")
    assert steps > len(load_bundle("cogcn").files)
    assert versions == ["old"] * steps + ["new"] * (len(versions) - steps)
