from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_ser_train import main
from report.style import drawing
from train import corpora as readers


@pytest.fixture(autouse=True)
def in_style() -> Iterator[None]:
    with drawing():
        yield


NAMES = {"angry": "Stressed", "neutral": "calm", "sad": "tired"}
LABELS = ("calm", "stressed", "tired")
SMALL = ("features=egemaps-88@500/100", "hidden=16", "epochs=2", "gamma=0.5", "layers=2")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ours")


@pytest.fixture(scope="session")
def machine(home: Path) -> list[str]:
    return ["--cache", str(home / "cache"), "--jobs", "1"]


@pytest.fixture(scope="session")
def ours(home: Path, corpora: Path) -> Path:
    """Five actors with emotions of other names, two clips of each, and one of none of them."""
    file = home / "ours.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "speaker", "emotion", "start", "end"])
        for row in readers.read("ravdess", corpora / "ravdess"):
            if row.speaker <= "05" and row.path.stem[9:17] in ("01-01-01", "02-01-01"):
                whole = ["0.5", "3"] if row.speaker == "05" else ["", ""]
                name = NAMES.get(row.emotion, "bored")
                writer.writerow([row.path, row.speaker, name, *whole])
    return file


@pytest.fixture(scope="session")
def fitted(home: Path, ours: Path, machine: list[str]) -> Path:
    """Train on them; return the folder of the run."""
    settings = [word for change in (*SMALL, "voice_prior=100") for word in ("--set", change)]
    places = ["--corpus", f"ours={ours}", "--output", str(home / "runs" / "ours")]
    given = ["--labels", "calm, stressed,tired", *settings, *machine, "--device", "cpu"]
    assert main(["fit", *places, *given]) == 0
    return home / "runs" / "ours"
