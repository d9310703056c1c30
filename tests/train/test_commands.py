"""The commands from end to end on real speech: six actors, a few sentences, two epochs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edge_ser.errors import EdgeSerError
from edge_ser.normalisation import Normalisation
from edge_ser_train import main as edge_ser_train
from tests.virtual import ROOT
from train.__main__ import main
from train.corpora import Row
from train.features.cache import Cache
from train.models import MODELS
from train.runs import Run

SMALL = ["features=egemaps-88@500/100", "hidden=16", "epochs=2", "gamma=0.5", "layers=1,2"]
CHANGES = [word for change in SMALL for word in ("--set", change)]
Train = Callable[..., int]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("train")


@pytest.fixture(scope="module")
def train(home: Path, actors: Path) -> Train:
    """Return a function that runs a command on the six actors, given as a manifest."""
    shutil.copy(actors, home / "clips.csv")
    corpus = ["--corpus", f"actors={home / 'clips.csv'}"]

    def run(*arguments: str | Path, corpora: bool = True) -> int:
        machine = ["--cache", home / "cache", "--jobs", "1", "--device", "cpu"]
        given = [*arguments, *(corpus if corpora else []), *machine]
        return main([str(argument) for argument in given])

    return run


@pytest.fixture(scope="module")
def finished(home: Path, train: Train) -> Path:
    assert train("fit", "--output", home / "run", *CHANGES) == 0
    return home / "run"


def weights(folder: Path) -> dict[str, np.ndarray]:
    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize("model", MODELS)
def test_every_network_is_trained_kept_and_tested(home: Path, train: Train, model: str) -> None:
    figures, runs = home / f"{model}.json", home / model
    changes = ["--set", "epochs=1", "--set", "gamma=0.5", "--set", "features=egemaps-88@500/100"]
    places = ["--output", figures, "--runs", runs]
    assert train("evaluate", "--model", model, "--folds", "0", *changes, *places) == 0
    folder = runs / "seed-0" / "fold-0"
    numbers = sum(value.size for value in weights(folder).values())
    assert numbers >= json.loads((folder / "metrics.json").read_text())["parameters"] > 1000


def test_what_a_run_holds(finished: Path, some_rows: list[Row]) -> None:
    folders = [f"fold-{i}" for i in range(5)] + ["final"]
    assert sorted(p.name for p in finished.iterdir()) == sorted(
        ["config.json", "folds.json", "logs", *folders]
    )
    lines = (finished / "logs" / "fold-2" / "candidate-1" / "epochs.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,validation_loss,validation_ua"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]
    assert list((finished / "logs" / "fold-2" / "candidate-1").glob("events.out.tfevents.*"))
    for name in folders:
        assert sorted(p.name for p in (finished / name).iterdir()) == [
            "metrics.json",
            "model.safetensors",
            "normalisation.json",
        ]
    fields = json.loads((finished / "config.json").read_text())
    assert fields["corpora"]["actors"]["clips"] == len(some_rows) == 54
    assert fields["corpora"]["actors"]["speakers"] == 6
    assert fields["command"].startswith("python -m train fit --output")
    folds = json.loads((finished / "folds.json").read_text())
    assert folds[0]["test"] == {"actors": ["01", "06"]}
    metrics = json.loads((finished / "fold-0" / "metrics.json").read_text())
    assert metrics["test"]["actors"]["clips"] == 18
    assert len(metrics["tried"]) == 2
    assert max(t["ua"] for t in metrics["tried"]) == metrics["validation"]["actors"]["ua"]
    kind = json.loads((finished / "final" / "normalisation.json").read_text())
    assert kind.pop("kind") == "cold"
    assert Normalisation.from_dict(kind).mean.shape == (88,)


def test_what_the_folds_agreed_on_made_the_final_network(finished: Path, cache: Cache) -> None:
    run = Run.open(finished, cache)
    candidate, epochs = run.agreed()
    folds = [run.metrics(i) for i in range(5)]
    votes = [fold["candidate"]["network"]["layers"] for fold in folds]
    assert votes.count(candidate.network["layers"]) >= 3
    assert epochs == np.median([fold["epochs"] for fold in folds])
    final = run.load(None)
    assert final.candidate == candidate
    assert run.metrics(None)["epochs"] == epochs
    assert not final.model.training


def test_goes_on_where_it_stopped(home: Path, train: Train, finished: Path) -> None:
    copied = home / "interrupted"
    shutil.copytree(finished, copied)
    for name in ("fold-3", "final"):
        shutil.rmtree(copied / name)
    (copied / "fold-3.partial").mkdir()
    (copied / "fold-3.partial" / "model.safetensors").write_bytes(b"half of it")
    kept = (copied / "fold-1" / "model.safetensors").stat().st_mtime_ns
    assert train("fit", "--output", copied, *CHANGES) == 0
    assert (copied / "fold-1" / "model.safetensors").stat().st_mtime_ns == kept
    assert not (copied / "fold-3.partial").exists()
    for name in ("fold-3", "final"):
        expected = weights(finished / name)
        for key, value in weights(copied / name).items():
            np.testing.assert_array_equal(value, expected[key])
        first, again = (
            json.loads((run / name / "metrics.json").read_text()) for run in (finished, copied)
        )
        assert first.pop("seconds") > 0 and again.pop("seconds") > 0
        assert again == first


def test_ctrl_c_leaves_a_run_that_goes_on(home: Path, train: Train, finished: Path) -> None:
    command = [sys.executable, "-m", "train", "fit", "--corpus", f"actors={home / 'clips.csv'}"]
    command += ["--cache", str(home / "cache"), "--output", str(home / "stopped")]
    changes = [*CHANGES, "--set", "epochs=30", "--set", "patience=30"]
    with subprocess.Popen(
        [*command, *changes, "--jobs", "2", "--device", "cpu"],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a terminal signals the whole process group
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        deadline = time.monotonic() + 120
        while not (home / "stopped" / "fold-0").is_dir():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        message = process.stderr.read()
        assert process.wait(timeout=30) == 1
    *lines, last = message.splitlines()
    assert last == "interrupted; the same command goes on with the next fold"
    assert all(re.match(r"fold \d: layers [12], \d+ epochs?, loss ", line) for line in lines)
    assert not (home / "stopped" / "final").exists()
    kept = (home / "stopped" / "fold-0" / "model.safetensors").stat().st_mtime_ns
    assert train("fit", "--output", home / "stopped", *changes) == 0
    assert (home / "stopped" / "fold-0" / "model.safetensors").stat().st_mtime_ns == kept
    assert (home / "stopped" / "final").is_dir()


def test_a_damaged_clip_is_named_and_left_out(
    home: Path, train: Train, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (home / "clips.csv").read_text()
    broken = home / "broken.flac"
    broken.write_bytes(Path(lines.splitlines()[1].split(",")[0]).read_bytes()[:9000])
    try:
        (home / "clips.csv").write_text(f"{lines}{broken},01,sad\n")
        assert train("evaluate", *CHANGES, "--folds", "0", "--output", home / "partly.json") == 0
        output = capsys.readouterr().err
        assert "1 unreadable file is left out:" in output
        assert str(broken) in output
        report = json.loads((home / "partly.json").read_text())
        assert report["corpora"]["actors"]["clips"] == 54
    finally:
        (home / "clips.csv").write_text(lines)


def test_corpora_check(
    corpora: Path, home: Path, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["corpora", "check", f"emodb={corpora / 'emodb'}", "--cache", str(home / "cache")]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "100" in text and "127" in text and "not what a complete copy holds" in text
    assert main([*arguments[:2], f"emodb={home}", *arguments[3:]]) == 1
    assert "nothing usable for emodb" in capsys.readouterr().out


def test_an_emotion_without_a_clip_is_refused(
    home: Path, train: Train, actors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [line for line in actors.read_text().splitlines() if not line.endswith("sad")]
    few = home / "few.csv"
    few.write_text("\n".join(lines) + "\n")
    assert len(lines) > 10
    given = ["fit", "--output", home / "few", "--corpus", f"few={few}", *CHANGES]
    assert train(*given, corpora=False) == 1
    assert "no clip to learn from is labelled sad; add some" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["-m", "train", "fit", "--corpus", "x=y", "--output", "z"], "training needs torch"),
        (["export/quantize.py", "--run", "x", "--output", "y"], "export needs torch"),
        (["edge_ser_train.py", "fit", "--corpus", "x=y", "--output", "z"], "training needs torch"),
        (["edge_ser_train.py", "export", "x", "--output", "y"], "export needs torch"),
        (["edge_ser_train.py", "report", "x"], "a report needs torch"),
        (["-m", "benchmarks.report", "--results", "x", "--output", "y"], "a report needs torch"),
    ],
)
def test_without_the_extras_it_is_one_line(command: list[str], told: str) -> None:
    hide = """if True:
        import runpy, sys

        class Without:
            @staticmethod
            def find_spec(name, *_):
                if name == "torch":
                    raise ModuleNotFoundError(name, name=name)

        sys.meta_path.insert(0, Without)
        sys.argv = sys.argv[1:]
    """
    run = "    runpy.run_path(sys.argv[0], run_name='__main__')"
    if command[0] == "-m":
        command, run = command[1:], "    runpy.run_module(sys.argv[0], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", hide + run, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
    assert "make train-env" in done.stderr


def test_help_and_guesses(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        edge_ser_train([])
    assert not end.value.code
    told = capsys.readouterr().out
    for command in ("fit", "evaluate", "report", "export", "corpora"):
        assert f"\n    {command} " in told
    for words, guess in (
        (["fitt"], "did you mean fit?"),
        (["report", "x", "--outptu", "y"], "did you mean --output?"),
        (["fit", "--corpus", "a=b", "--output", "x", "--protocol", "fold"], "did you mean folds?"),
    ):
        with pytest.raises(SystemExit) as end:
            edge_ser_train(words)
        assert end.value.code == 2
        assert guess in capsys.readouterr().err


def test_folds_that_are_divided_otherwise_are_refused(
    home: Path, finished: Path, cache: Cache
) -> None:
    """Networks of a run that an earlier version divided would be tested on whom they know."""
    other = shutil.copytree(finished, home / "otherwise")
    folds = json.loads((other / "folds.json").read_text())
    (other / "folds.json").write_text(json.dumps(folds[1:] + folds[:1]))
    with pytest.raises(EdgeSerError, match="divides the speakers into other folds; train again"):
        Run.open(other, cache)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--set", "hidden=17"], "holds a run with other config"),
        (["--seed", "1"], "holds a run with other seed"),
    ],
)
def test_another_run_in_the_same_folder(
    train: Train,
    finished: Path,
    change: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train("fit", "--output", finished, *CHANGES, *change) == 1
    assert message in capsys.readouterr().err


def test_a_folder_that_is_no_run(
    home: Path, train: Train, cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "papers").mkdir()
    (home / "papers" / "thesis.txt").write_text("mine")
    assert train("fit", "--output", home / "papers", *CHANGES) == 1
    assert "is not a run and not empty" in capsys.readouterr().err
    with pytest.raises(EdgeSerError, match="is not a run"):
        Run.open(home / "papers", cache)


def test_the_same_figures_from_a_run_and_from_cross_validation(
    home: Path, train: Train, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = home / "run.json", home / "evaluate.json"
    assert (
        train("evaluate", "--run", finished, "--noise", "clean,20", "--output", one, corpora=False)
        == 0
    )
    assert "macro F1" in capsys.readouterr().out
    assert (
        train("evaluate", *CHANGES, "--folds", "0,2", "--runs", home / "kept", "--output", other)
        == 0
    )
    assert sorted(p.name for p in (home / "kept" / "seed-0").glob("fold-*")) == ["fold-0", "fold-2"]
    first, second = json.loads(one.read_text()), json.loads(other.read_text())
    assert set(first["results"]) == {"clean", "noise:20"}
    assert set(first["results"]["clean"]) == {"actors", "mean"}
    assert first["results"]["clean"]["actors"]["scores"] == 5
    assert np.sum(first["results"]["clean"]["actors"]["confusion"]) == 54
    assert second["results"]["clean"]["actors"]["scores"] == 2
    by_fold = {f["fold"]: f["ua"] for f in first["folds"] if f["variant"] == "clean"}
    for fold in second["folds"]:
        assert fold["ua"] == by_fold[fold["fold"]]
    for fold, ua in by_fold.items():
        metrics = json.loads((finished / f"fold-{fold}" / "metrics.json").read_text())
        assert metrics["test"]["actors"]["ua"] == ua["actors"]
    for report in (first, second):
        assert report["command"].startswith("python -m train evaluate")
        assert report["parameters"] == sorted(report["parameters"])
        assert report["seeds"] == [0]


@pytest.mark.parametrize("model", ["svm-rbf", "svm-linear"])
@pytest.mark.parametrize("normalisation", ["cold", "speaker"])
def test_the_baseline(home: Path, train: Train, model: str, normalisation: str) -> None:
    file = home / f"{model}-{normalisation}.json"
    arguments = ["--model", model, "--normalisation", normalisation, "--output", file]
    assert train("evaluate", *arguments) == 0
    report = json.loads(file.read_text())
    assert (report["model"], report["normalisation"]) == (model, normalisation)
    assert report["results"]["clean"]["actors"]["ua"]["mean"] > 0.3  # chance is 0.25


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "--model", "svm-rbf", "--output", "x"], "is a baseline"),
        (["fit", "--model", "gpt", "--output", "x"], "no model 'gpt'"),
        (["fit", "--model", "cogcm", "--output", "x"], "no model 'cogcm'; did you mean cogcn?"),
        (["fit", "--output", "x", "--corpus", "emo-db=y"], "; did you mean emodb?"),
        (["fit", "--output", "x", "--set", "epoch=3"], "no key 'epoch'; did you mean epochs?"),
        (["fit", "--output", "x", "--set", "size=3"], "no key 'size'; there are features"),
        (["fit", "--output", "x", "--corpus", "ravdess"], "write NAME=PATH"),
        (["fit", "--output", "x", "--corpus", "emodb=/nowhere"], "no such folder"),
        (["evaluate", "--output", "x", "--folds", "7", *CHANGES], "there are folds 0 to 4"),
        (["evaluate", "--output", "x", "--seeds", "a"], "--seeds a: write whole numbers"),
        (["evaluate", "--output", "x", "--noise", "loud"], "--noise loud"),
        (["evaluate", "--output", "x", "--model", "svm-rbf", "--seeds", "1"], "nothing random"),
        (["evaluate", "--output", "x", "--run", "/nowhere"], "is not a run"),
    ],
)
def test_errors_are_one_line(
    train: Train,
    finished: Path,  # its clips are cached as readable: no line about decoding
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(*arguments) == 1
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert not Path("x").exists()
