"""The benchmark of the papers on a few real clips, two epochs each."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import rows as results
from benchmarks.papers.entries import PARTS, Entry
from benchmarks.papers.measure import measure
from benchmarks.papers.pictures import draw
from benchmarks.papers.tables import tables
from benchmarks.report.noise import ON_FRAMES
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from tests.benchmarks.report import made_up
from train import config, models
from train.corpora import read
from train.features.cache import Cache
from train.features.extraction import dimension
from train.learning import svm
from train.learning.executor import Executor
from train.models import count_parameters

SMALL = ("features=egemaps-88@500/100", "layers=1", "hidden=8", "gamma=0.5", "epochs=2")
MACHINE = Executor("cpu")


@pytest.fixture(scope="module")
def paths(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Select twenty clips of each corpus: five speakers with every emotion."""
    folder = tmp_path_factory.mktemp("manifests")
    for name in ("ravdess", "emodb"):
        rows = read(name, corpora / name)
        chosen = {(row.speaker, row.emotion): row for row in rows}
        speakers = sorted({row.speaker for row in rows})[:5]
        with (folder / f"{name}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["path", "speaker", "emotion"])
            for (speaker, emotion), row in sorted(chosen.items()):
                if speaker in speakers:
                    writer.writerow([row.path, speaker, emotion])
    return {path.stem: path for path in sorted(folder.glob("*.csv"))}


def test_rows_grow_fold_by_fold_and_are_never_made_twice(
    paths: dict[str, Path], tmp_path: Path
) -> None:
    rows, runs = tmp_path / "rows", tmp_path / "runs"
    cache = Cache(tmp_path / "cache", 1, Console(stderr=True, force_terminal=False))
    rows.mkdir()
    conditions = ("clean", "noise:10")
    one = Entry("tiny", "cogcn", SMALL, (0, 1), (0,), conditions=conditions)
    linear = Entry("svm", "svm", conditions=conditions)
    measure([linear, one], paths, rows, runs, cache, MACHINE)
    names = ["svm-cold", "svm-speaker", "tiny-cold", "tiny-speaker"]
    assert sorted(path.stem for path in rows.iterdir()) == names
    tiny = json.loads((rows / "tiny-cold.json").read_text())
    assert [(fit["seed"], fit["fold"]) for fit in tiny["fits"]] == [(0, 0), (1, 0)]
    for fit in tiny["fits"]:
        assert fit["test"].keys() == set(conditions)
        assert fit["test"]["clean"]["ravdess"]["clips"] == 4
        for condition, scores in fit["test"].items():
            for corpus, figures in scores.items():
                assert counted(fit["predictions"][condition][corpus]) == figures["confusion"]
        assert len(fit["history"]) == 2
        assert fit["seconds"] > 0
    assert len(json.loads((rows / "svm-cold.json").read_text())["fits"]) == 5

    before = (rows / "tiny-cold.json").read_bytes()
    measure([one], paths, rows, tmp_path / "another machine", cache, MACHINE)
    assert (rows / "tiny-cold.json").read_bytes() == before
    more = Entry("tiny", "cogcn", SMALL, (0, 1), (0, 2), conditions=conditions)
    measure([more], paths, rows, runs, cache, MACHINE)
    grown = json.loads((rows / "tiny-cold.json").read_text())
    assert [(fit["seed"], fit["fold"]) for fit in grown["fits"]] == [(0, 0), (0, 2), (1, 0), (1, 2)]
    assert grown["fits"][0] == tiny["fits"][0]

    systems = results.read(rows)
    draw(systems, rows)
    drawn = (rows / "noise.svg").read_bytes()
    assert b"white noise" in drawn and b"CoGCN" in drawn
    draw(systems, rows)
    assert (rows / "noise.svg").read_bytes() == drawn
    text = tables(systems, rows)
    assert "![UA under white noise](rows/noise.svg)" in text
    assert "| SVM (linear, C = 1) | cold |" in text
    assert "| condition | SVM (linear, C = 1) |" in text  # its difference from CoGCN
    assert re.search(r"\| noise:10 \| [+-]\d+\.\d ± \d+\.\d \|\n", text)
    assert re.search(r"\| noise:10 \|( \d+\.\d ± \d+\.\d \|)+ \d+\.\d % \|", text)
    assert "5 folds × 1 seed |" in text
    other = Entry("tiny", "cogcn", (*SMALL, "hidden=9"), conditions=conditions)
    with pytest.raises(EdgeSerError, match="made with other settings or clips"):
        measure([other], paths, rows, tmp_path / "other", cache, MACHINE)


def counted(predictions: dict[str, dict[str, str]]) -> list[list[int]]:
    """Count the confusion matrix of one corpus's stored predictions."""
    return [
        [sum(own.get(label, "").count(mark) for own in predictions.values()) for mark in "ahns-"]
        for label in LABELS
    ]


def test_frames_stand_beside_the_nodes_of_the_table(tmp_path: Path) -> None:
    conditions = {"noise:10": 4, "pink:10": 4}
    coarse = [made_up.fit(fold, 9 - 3 * fold, conditions=conditions) for fold in (0, 1)]
    fine = [made_up.fit(0, 8, conditions={"noise:10": 3})]
    systems = [
        made_up.system("noise-cogcn", coarse),
        made_up.system(f"{ON_FRAMES}cogcn", fine),
        made_up.system(f"{ON_FRAMES}tgcn", [made_up.fit(1, 8, conditions={"noise:10": 3})]),
    ]
    noise, frames = tables(systems, tmp_path).split("### On the CoGCN paper's frames")
    assert "| condition | CoGCN | unheard |" in noise
    assert "| clean | 75.0 ±" in noise  # both folds
    assert "those of 500 ms every 100 ms: fold 0 × 1 seed." in frames
    assert "| condition | CoGCN, 25 ms | CoGCN, 500 ms |" in frames
    assert re.search(r"\| clean \| 80\.0 ± \d\.\d \| 90\.0 ± \d\.\d \|\n", frames)
    assert re.search(r"\| noise:10 \| 30\.0 ± \d\.\d \| 40\.0 ± \d\.\d \|\n", frames)
    assert "pink:10" not in frames


def test_features_and_edges_are_told_apart(tmp_path: Path) -> None:
    def system(name: str, right: int) -> results.System:
        return made_up.system(name, [made_up.fit(0, right)])

    systems = [
        system("cogcn", 6),
        system("cogcn-no-edges", 5),
        system("whisper-cogcn", 9),
        system("whisper-cogcn-no-edges", 7),
        system("whisper-tgcn", 8),
    ]
    lines = tables(systems, tmp_path).split("## On Whisper's first layers")[1].splitlines()
    found = {line.split(" | ")[0]: re.findall(r"([+\d.]+) ±", line) for line in lines}
    assert found["| CoGCN"] == ["90.0", "+30.0", "+20.0", "+10.0"]
    assert found["| CoGCN, no edges"] == ["70.0", "+20.0"]
    assert found["| TGCN"] == ["80.0", "+10.0"]  # it has no row on the other features


def test_every_entry_is_a_configuration_of_its_own() -> None:
    entries = [entry for part in PARTS.values() for entry in part]
    assert len({entry.name for entry in entries}) == len(entries)
    made = set()
    for entry in entries:
        if entry.model not in svm.MODELS:
            settings = config.load(entry.model, changes=entry.changes)
            made.add((json.dumps(settings.to_dict()), entry.conditions))
            model = models.create(
                entry.model, dimension(settings.features), 4, settings.candidates()[0].network
            )
            assert count_parameters(model) > 0
    assert len(made) == len([entry for entry in entries if entry.model not in svm.MODELS])
