"""``edge-ser classify``: folders, several cores, CSV and label tracks."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from edge_ser.cli import main
from edge_ser.demo import PATH as DEMO
from edge_ser.events import LABELS

COMMAND = [sys.executable, "-m", "edge_ser", "classify"]
NAMES = ("b/2.wav", "b/10.WAV", "a.flac", "b/c/d.mp3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings in folders, and what is none."""
    home = tmp_path_factory.mktemp("recordings")
    signal, rate = soundfile.read(DEMO)
    for number, name in enumerate(NAMES):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        start = number * rate // 2
        soundfile.write(path, signal[start : start + 5 * rate], rate)
    (home / "b" / ".hidden.wav").write_bytes(b"")
    (home / "b" / "notes.txt").write_text("no audio")
    return home


def classify(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["classify", *map(str, arguments)])
    return code, *capsys.readouterr()


@pytest.fixture
def records(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    code, out, _ = classify(capsys, "--json", "--jobs", 1, folder)
    assert code == 0
    return [json.loads(line) for line in out.splitlines()]


def test_a_folder_is_its_audio_files_sorted(folder: Path, records: list[dict[str, Any]]) -> None:
    assert [r["file"] for r in records] == sorted(str(folder / name) for name in NAMES)
    assert all(record["utterances"] for record in records)


def test_several_processes_say_the_same_in_the_same_order(folder: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.wav"
    soundfile.write(cut, np.zeros(16_000), 16_000)
    cut.write_bytes(cut.read_bytes()[:20_000])
    given = [str(folder), str(cut), "missing.wav", str(folder)]
    one, two = (
        subprocess.run([*COMMAND, "--json", "--jobs", n, *given], capture_output=True, text=True)
        for n in "12"
    )
    assert len(one.stdout.splitlines()) == 2 * len(NAMES) + 2
    assert two.stdout == one.stdout
    assert one.stderr.startswith(f"edge-ser: warning: {cut} is cut short")
    assert "missing.wav" in one.stderr
    assert sorted(two.stderr.splitlines()) == sorted(one.stderr.splitlines())
    assert one.returncode == two.returncode == 1


def test_a_name_that_is_too_long_is_one_of_the_unusable(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = classify(capsys, "x" * 300, folder / NAMES[0])
    assert (code, out.count("\n")) == (1, 1)
    assert "file name too long; check the path" in err


def test_the_table_and_its_summary(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    soundfile.write(folder.parent / "s.wav", np.zeros(16_000), 16_000)
    code, out, err = classify(capsys, "--threshold", 1, "missing.wav", "../s.wav", ".")
    rows = out.splitlines()
    assert code == 1
    assert len(rows) == 1 + len(NAMES)
    assert rows[0] == "../s.wav     no speech"
    assert [row.split("  ")[0] for row in rows[1:]] == sorted(NAMES)
    assert {row[13:19] for row in rows[1:]} == {"unsure"}
    said = err.splitlines()
    assert said[0].startswith("edge-ser: error: cannot read missing.wav")
    assert said[1:] == ["6 files: 4 unsure, 1 unusable, 1 without speech"]


def test_csv_holds_what_json_says(
    folder: Path,
    records: list[dict[str, Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    silence, path = tmp_path / "silence.wav", tmp_path / "found.csv"
    soundfile.write(silence, np.zeros(16_000), 16_000)
    code, *_ = classify(capsys, "--csv", path, folder, silence, "missing.wav")
    assert code == 1
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = [
        {
            "file": record["file"],
            "start": str(u["start"]),
            "end": str(u["end"]),
            "emotion": u["emotion"] or "unsure",
            "confidence": str(u["confidence"]),
            **{label: str(u["probabilities"][label]) for label in LABELS},
        }
        for record in records
        for u in record["utterances"]
    ]
    assert rows[:-1] == wanted
    assert rows[-1] == dict.fromkeys(wanted[0], "") | {"file": str(silence)}


def test_a_label_track(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "labels.txt"
    code, out, _ = classify(capsys, "--json", "--labels", path, DEMO)
    assert code == 0
    utterances = json.loads(out)["utterances"]
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [float(start) for start, _, _ in lines] == [u["start"] for u in utterances]
    assert [float(end) for _, end, _ in lines] == [u["end"] for u in utterances]
    assert [text.split()[0] for *_, text in lines] == [u["emotion"] or "unsure" for u in utterances]
    assert classify(capsys, "--labels", path, DEMO, DEMO)[0] == 2


def test_a_timeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for suffix, begins in ((".svg", b"<svg"), (".html", b"<!DOCTYPE html>"), (".png", b"\x89PNG")):
        path = tmp_path / f"timeline{suffix}"
        assert classify(capsys, "--timeline", path, DEMO)[0] == 0
        assert path.read_bytes().startswith(begins)
    code, _, err = classify(capsys, "--timeline", tmp_path / "timeline.jpg", DEMO)
    assert (code, err.count("\n")) == (1, 1)
    assert classify(capsys, "--timeline", tmp_path / "a.svg", DEMO, DEMO)[0] == 2


@pytest.mark.parametrize("option", ["--csv", "--labels"])
def test_nothing_is_overwritten_that_is_to_be_heard(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = tmp_path / "clip.wav"
    clip.write_bytes(DEMO.read_bytes())
    code, _, err = classify(capsys, option, tmp_path / "." / "clip.wav", clip)
    assert (code, err.count("\n")) == (1, 1)
    assert "is to be read, not overwritten" in err
    assert clip.read_bytes() == DEMO.read_bytes()
    code, _, err = classify(capsys, option, tmp_path / "none" / "file", clip)
    assert (code, err.count("\n")) == (1, 1)
    assert "cannot write" in err


def started(folder: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """Start two processes that classify for a minute, and wait for their first answer."""
    process = subprocess.Popen(
        [*COMMAND, "--json", "--jobs", "2", *[str(folder)] * 100],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    children = psutil.Process(process.pid).children(recursive=True)
    return process, [c for c in children if "spawn_main" in " ".join(c.cmdline())]


def test_ctrl_c_ends_all_processes(folder: Path) -> None:
    process, workers = started(folder)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert (process.returncode, err) == (0, "")
    assert len(workers) == 2
    assert not psutil.wait_procs(workers, timeout=5)[1]


def test_a_process_that_is_killed_is_told(folder: Path) -> None:
    process, workers = started(folder)
    os.kill(workers[0].pid, signal.SIGKILL)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err == (
        "edge-ser: error: the system has ended a process, which may lack memory; "
        "try again with --jobs 1\n"
    )
    assert not psutil.wait_procs(workers, timeout=5)[1]


def test_processes_end_with_a_parent_that_is_killed(folder: Path) -> None:
    process, workers = started(folder)
    process.kill()
    process.communicate(timeout=20)
    assert len(workers) == 2
    assert not psutil.wait_procs(workers, timeout=5)[1]
