"""`--output FILE`: what is written survives a full disk, a power failure and a year."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.sinks import file as module
from edge_ser.sinks.file import JsonFile
from tests.command import edge_ser


def event(kind: Any = "utterance", start: float = 1.0) -> EmotionEvent:
    return EmotionEvent(
        type=kind,
        start=start,
        end=2.0,
        emotion="sad",
        confidence=1.0,
        probabilities={"sad": 1.0},
        heard=0.0,
        latency_ms=5.0,
        dropped=0,
        model="cogcn",
        backend="numpy",
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_listen_appends_utterances_only(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for expected in (4, 8):
        done = edge_ser("listen", "--input", DEMO, "--json", "--output", path)
        assert done.returncode == 0
        utterances = [event for event in done.records if event["type"] == "utterance"]
        written = lines(path)
        assert len(written) == expected
        times = [line.pop("time") for line in written]
        assert written[-4:] == utterances
        assert times == sorted(times)


def test_a_full_disk_is_one_warning() -> None:
    done = edge_ser("listen", "--input", DEMO, "--output", "/dev/full")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 4
    warnings = [line for line in done.stderr.splitlines() if "/dev/full" in line]
    assert len(warnings) == 1
    assert "No space left on device" in warnings[0]


def test_a_line_that_did_not_fit_is_taken_back_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, write = [1000], os.write

    def limited(file: int, data: bytes) -> int:
        part = data[: room[0]]
        if not part:
            raise OSError(errno.ENOSPC, "No space left on device")
        room[0] -= len(part)
        return write(file, part)

    monkeypatch.setattr(os, "write", limited)
    said: list[str] = []
    path = tmp_path / "events.jsonl"
    with JsonFile(path, said.append) as sink:
        for i in range(10):
            sink(event(start=i))
        fitted = len(lines(path))
        assert 2 <= fitted < 9
        assert len(said) == 1
        room[0] = 10_000
        sink(event(start=10))
    assert [line["start"] for line in lines(path)] == [*range(fitted), 10]
    assert said[1].endswith(f"is written again; {10 - fitted} lines are missing")


def test_files_are_rotated_and_the_oldest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    path = tmp_path / "events.jsonl"
    with JsonFile(path, pytest.fail) as sink:
        for i in range(100):
            sink(event("window"))
            sink(event(start=i))
        sink(StatusEvent(status="lost", at=3.0, message="the microphone is gone", dropped=0))
    files = [*(tmp_path / f"events.jsonl.{number}" for number in range(5, 0, -1)), path]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert all(file.stat().st_size <= 1000 for file in files)
    *kept, status = [line for file in files for line in lines(file)]
    assert status["status"] == "lost"
    starts = [line["start"] for line in kept]
    assert starts == list(range(100 - len(starts), 100))


def test_a_line_that_a_power_failure_cut_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"start": 1}\n{"sta')
    with JsonFile(path, pytest.fail) as sink:
        sink(event(start=2))
    whole, cut, new = path.read_text().splitlines()
    assert (whole, cut) == ('{"start": 1}', '{"sta')
    assert json.loads(new)["start"] == 2


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    sink = JsonFile(tmp_path / "absent" / "events.jsonl", pytest.fail)
    with pytest.raises(EdgeSerError, match=r"cannot write .*absent.*; choose another --output"):
        sink.__enter__()
