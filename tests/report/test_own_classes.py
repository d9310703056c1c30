"""Classes of one's own from a manifest to the display, by the commands."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import edge_ser
from edge_ser_train import main
from tests.command import edge_ser as command
from tests.emulated import emulate, listen
from tests.report.conftest import LABELS
from train.features.cache import Cache
from train.runs import Run


@pytest.fixture(scope="module")
def bundle(home: Path, fitted: Path, machine: list[str]) -> Path:
    output = home / "models" / "ours"
    options = ["--formats", "npz", "--max-ua-drop", "50"]
    assert main(["export", str(fitted), "--output", str(output), *options, *machine]) == 0
    return output


def test_what_is_trained(home: Path, fitted: Path) -> None:
    run = Run.open(fitted, Cache(home / "cache", 1, Console(stderr=True)))
    assert run.config.labels == LABELS
    assert {row.emotion for row in run.rows} == set(LABELS)
    assert np.shape(run.metrics(0)["test"]["ours"]["confusion"]) == (3, 4)
    assert list(run.metrics(0)["test"]["ours"]["recall"]) == list(LABELS)
    assert run.command.startswith("edge-ser-train fit --corpus")


def test_the_next_command_is_the_last_line(
    home: Path, ours: Path, fitted: Path, machine: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands that are printed, taken from the screen, lead to a model that listens."""
    settings = json.loads((fitted / "config.json").read_text())
    assert main(shlex.split(settings["command"])[1:]) == 0  # goes on, with nothing left to do
    told = capsys.readouterr()
    assert "test speakers, %" in told.out and "stressed" in told.out
    step = shlex.split(told.err.splitlines()[-1])
    assert step == ["edge-ser-train", "report", str(fitted)]
    assert main([*step[1:], *machine]) == 0
    told = capsys.readouterr()
    assert told.out == f"{fitted}/report.html\n"
    step = shlex.split(told.err.splitlines()[-1])
    assert step == ["edge-ser-train", "export", str(fitted), "--output", "models/ours"]
    step[-1] = str(home / "next")
    more = ["--formats", "npz", "--max-ua-drop", "50"]
    assert main([*step[1:], *more, *machine]) == 0
    step = shlex.split(capsys.readouterr().err.splitlines()[-1])
    assert step == ["edge-ser", "listen", "--model", str(home / "next")]
    clip = ours.read_text().splitlines()[1].split(",")[0]
    assert command(*step[1:], "--input", clip, "--json").records


def test_it_is_heard_and_shown(ours: Path, bundle: Path) -> None:
    clip = ours.read_text().splitlines()[1].split(",")[0]
    done = command("classify", clip, "--model", bundle)
    assert done.returncode == 0
    assert all(label in done.stdout for label in LABELS)
    (*_, last) = command("listen", "--input", clip, "--model", bundle, "--json").records
    assert list(last["probabilities"]) == list(LABELS)
    assert last["emotion"] in LABELS
    shown = command("info", bundle).stdout
    assert "calm, stressed, tired" in shown
    screen = emulate(listen("--input", clip, "--model", bundle, columns=80))
    assert all(any(label in line for line in screen) for label in LABELS)


def test_a_voice_without_a_neutral_class_adapts_by_a_quarter(bundle: Path) -> None:
    recognizer = edge_ser.load(bundle)
    assert recognizer.neutral(np.array([0.9, 0.1, 0.0])) == 0.0
    assert edge_ser.load("cogcn").neutral(np.array([0.1, 0.2, 0.6, 0.1])) == 0.6
    voice = recognizer.unknown_voice()
    nodes = np.zeros((8, recognizer.bundle.features.dimension), np.float32)
    recognizer.hear(voice, nodes, recognizer.neutral(np.array([1.0, 0.0, 0.0])))
    assert voice.count == 2.0


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("calm", "labels calm: give 2 to 8 different ones"),
        ("a,b,c,d,e,f,g,h,i", "labels a, b, c, d, e, f, g, h, i: give 2 to 8"),
        ("calm,Calm", "labels calm, Calm: give 2 to 8 different ones"),
        ("calm,unsure", "'unsure' cannot be the name of a class"),
        ("calm,stresed", "no clip to learn from is labelled stresed; add some"),
        ("glad,cross", "nothing usable for ours; expected lines with an emotion of glad, cross"),
    ],
)
def test_labels_that_do_not_do(
    home: Path,
    ours: Path,
    fitted: Path,
    machine: list[str],
    labels: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = ["--labels", labels, "--corpus", f"ours={ours}", "--output", str(home / "no"), *machine]
    assert main(["fit", *given]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ") and message in last
    assert not (home / "no").exists()


def test_a_look_at_the_manifest(
    ours: Path, fitted: Path, machine: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [f"ours={ours}", "--labels", ",".join(LABELS), *machine]
    assert main(["corpora", "check", *given]) == 0
    table = capsys.readouterr().out
    assert all(label in table for label in LABELS)
    assert "angry" not in table
