"""Bundles are written whole or not at all."""

from __future__ import annotations

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
