from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.rows import RowFile, published, read
from edge_ser.errors import EdgeSerError
from tests.benchmarks.report.made_up import fit, several, system, write
from train import config


def test_reads_what_was_measured(tmp_path: Path) -> None:
    write(tmp_path, [*several(), system("bigru", [])])
    found = read(tmp_path)
    assert [(s.name, s.normalisation) for s in found] == [
        ("cogcn", "cold"),
        ("cogcn", "speaker"),
        ("rlc", "cold"),
        ("svm", "cold"),
        ("cogcn-no-skip", "cold"),
        ("rlc-data-10", "cold"),
    ]
    assert [s.label for s in published(found)] == [
        "CoGCN, cold",
        "CoGCN, per speaker",
        "RLC, cold",
        "SVM (linear, C = 1), cold",
    ]


def test_figures_over_folds() -> None:
    one = system("cogcn", [fit(0, 6, parameters=700), fit(1, 8, parameters=500)])
    figures = one.figures("big")
    assert figures is not None
    assert figures["ua"] == pytest.approx({"mean": 0.7, "sd": 0.1})
    assert one.spread("ua", "small") == pytest.approx({"mean": 0.7, "sd": 0.1, "scores": 2})
    assert one.mean_ua() == pytest.approx({"mean": 0.7, "sd": 0.1, "scores": 2})
    assert one.parameters == [500, 700]
    assert one.figures("elsewhere") is None and one.mean_ua("noise:0") is None


def test_conditions_of_some_fits() -> None:
    one = system("cogcn", [fit(0, 6), fit(1, 8, conditions={"noise:0": 3})])
    assert one.conditions == ["clean", "noise:0"]
    assert one.mean_ua("noise:0") == pytest.approx({"mean": 0.3, "sd": 0.0, "scores": 1})


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "x"}', "3"])
def test_files_that_are_no_rows(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(EdgeSerError, match=r"x\.json: is not a row"):
        read(tmp_path)


def test_a_row_is_older_than_a_setting(tmp_path: Path) -> None:
    now = replace(system("cogcn", []), settings={"config": config.load("cogcn").to_dict()})
    then = json.loads(json.dumps(replace(now, fits=[fit(0, 6)]).to_dict()))
    assert then["config"].pop("smoothing") == 0
    (tmp_path / "cogcn-cold.json").write_text(json.dumps(then))
    assert RowFile(tmp_path, now).missing(0, range(3)) == [1, 2]
    other = config.load("cogcn", changes=["smoothing=0.1"]).to_dict()
    with pytest.raises(EdgeSerError, match="made with other settings"):
        RowFile(tmp_path, replace(now, settings={"config": other}))


def test_another_normalisation(tmp_path: Path) -> None:
    write(tmp_path, [system("cogcn", [fit(0, 6)], "corpus")])
    with pytest.raises(EdgeSerError, match="is not a row"):
        read(tmp_path)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="no rows there"):
        read(tmp_path / "nowhere")
