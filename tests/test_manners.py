"""Guesses at what was meant, defaults from a file, completion, answers in words."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from edge_ser.bundle import load_bundle
from edge_ser.cli import COMMANDS, bench, doctor, main
from edge_ser.demo import PATH as DEMO

COMMANDS_BY_NAME = [command.__name__.rpartition(".")[2] for command in COMMANDS]


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_without_arguments_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys)
    assert (code, err) == (0, "")
    assert out.startswith("usage: edge-ser")
    assert all(re.search(rf"^    {name}\b", out, re.MULTILINE) for name in COMMANDS_BY_NAME)


@pytest.mark.parametrize(
    ("arguments", "guess"),
    [
        ("lisen", "; did you mean listen?"),
        ("listen --treshold 0.5", "; did you mean --threshold?"),
        ("listen --treshold=0.5", "; did you mean --threshold?"),
        ("listen talk.wav", "; did you mean --input talk.wav?"),
        ("classify --backend onxx a.wav", "; did you mean onnx?"),
        ("classify --threshold 80 a.wav", "'80' is not a number from 0 to 1; give 0.8 for 80 %"),
        ("classify --threshold 80% a.wav", "'80%' is not a number from 0 to 1; give 0.8 for 80 %"),
        ("classify --threshold 800 a.wav", "'800' is not a number from 0 to 1"),
        ("classify --model cogcn ''", "the name of a file is empty"),
        ("explain ''", "the name of a file is empty"),
        ("listen --input ''", "the name of a file is empty"),
        ("enrol anna --input ''", "the name of a file is empty"),
        ("classify --zzz a.wav", "unrecognized arguments: --zzz"),
    ],
)
def test_a_guess_ends_the_error(
    arguments: str, guess: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *shlex.split(arguments))
    assert (code, out) == (2, "")
    message, more = err.splitlines()
    assert message.endswith(guess)
    assert re.fullmatch(r"more: edge-ser( \w+)? --help", more)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "edge-ser").mkdir()
    return tmp_path / "edge-ser" / "config.toml"


def test_defaults_come_from_a_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("threshold = 1\n[classify]\njson = true\n[info]\nfull = true\n")
    code, out, err = said(capsys, "classify", "-v", DEMO)
    assert code == 0
    assert out.startswith('{"file"') and '"emotion": null' in out
    assert f"info: defaults from {config}" in err
    assert '"emotion": "' in said(capsys, "classify", "--threshold", 0, DEMO)[1]  # stronger
    code, out, _ = said(capsys, "classify", "--no-config", DEMO)
    assert not out.startswith("{") and "neutral" in out
    assert "normalisation:" in said(capsys, "info")[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("treshold = 0.5", "no option 'treshold'; did you mean threshold?"),
        (
            "[classify]\nthresold = 0.5",
            "classify has no option 'thresold'; did you mean threshold?",
        ),
        ("[clasify]\njson = true", "no command 'clasify'; did you mean classify?"),
        ("threshold = 80", "threshold: '80' is not a number from 0 to 1; give 0.8 for 80 %"),
        ('backend = "onxx"', "backend is one of numpy, onnx, tflite, not 'onxx'"),
        ('json = "yes"', "json is true or false, not 'yes'"),
        ("json = ", "mend it, or use --no-config"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(
    text: str, message: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(text)
    code, out, err = said(capsys, "classify", DEMO)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("edge-ser: error: ") and message in err and str(config) in err


def test_completion_completes(capsys: pytest.CaptureFixture[str]) -> None:
    script = said(capsys, "completion", "bash")[1]
    ask = "COMP_WORDS=(edge-ser {}); COMP_CWORD={}; _shtab_edge_ser; echo ${{COMPREPLY[@]}}"

    def completed(words: str) -> list[str]:
        text = script + ask.format(words, len(words.split()))
        done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=True)
        return done.stdout.split()

    assert completed("cl") == ["classify"]
    assert completed("listen --thr") == ["--threshold"]
    for shell in ("zsh", "fish", "tcsh"):
        assert "classify" in said(capsys, "completion", shell)[1]


def test_a_model_in_ten_lines(capsys: pytest.CaptureFixture[str]) -> None:
    bundle = load_bundle("cogcn")
    code, out, _ = said(capsys, "info")
    told = dict(re.split(r": +", line, maxsplit=1) for line in out.splitlines())
    assert code == 0
    assert told["labels"] == "angry, happy, neutral, sad"
    assert f"{bundle.parameters:,} parameters" in told["network"]
    assert told["unsure"] == f"below {100 * bundle.threshold:.0f} %"
    assert told["right"].startswith(f"{100 * (bundle.strangers or 0):.0f} % on a stranger")
    assert "crema-d" in told["trained on"]
    assert said(capsys, *told["more"].split()[1:])[1].count("\n") > 100


def test_the_benchmark_in_words() -> None:
    cores = os.cpu_count() or 1
    assert bench.in_words({"listen_processor": 0.02, "peak_memory": 58.6}) == (
        "50 times real time: listening takes 2.0 % of a core and 59 MB; "
        f"{cores} cores could hear about {50 * cores} microphones"
    )


def test_the_doctors_verdict() -> None:
    fine = doctor.Check("model", "ok", "", "")
    noisy, gone = fine._replace(name="sound", status="warning"), fine._replace(status="error")
    assert doctor._verdict([fine]) == "all that is needed works"
    assert doctor._verdict([fine, noisy]) == "works; worth a look: sound"
    assert doctor._verdict([fine, noisy, gone]) == "must be mended: model"
