"""`--output FILE`: what is written survives a full disk, a power failure and a year."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.sinks import file as module
from edge_ser.sinks.file import JsonFile
from tests.command import edge_ser
from tests.emulated import emulate, listen
from tests.virtual import ROOT


def event(kind: Any = "utterance", start: float = 1.0, backend: str = "numpy") -> EmotionEvent:
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
        backend=backend,
    )


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_listen_appends_utterances_only(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for expected in (8, 16):
        done = edge_ser("listen", "--input", DEMO, "--json", "--output", path)
        assert done.returncode == 0
        utterances = [event for event in done.records if event["type"] == "utterance"]
        written = lines(path)
        assert len(written) == expected
        times = [line["time"] for line in written]
        assert written[-8:] == utterances
        assert times == sorted(times)


def test_a_full_disk_is_one_warning() -> None:
    done = edge_ser("listen", "--input", DEMO, "--output", "/dev/full")
    assert done.returncode == 0
    assert done.stdout.count("\n") == 8
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


def test_where_no_other_file_can_be_created_this_one_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    path, said = tmp_path / "events.jsonl", list[str]()
    create = os.open

    def full(path: Any, flags: int, *rest: Any) -> int:
        if flags & os.O_CREAT and not Path(path).exists():
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        return create(path, flags, *rest)

    with JsonFile(path, said.append) as sink:
        for i in range(20):
            sink(event(start=i))
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", full)
            for i in range(20, 40):
                sink(event(start=i))
        sink(event(start=40))
    files = sorted(tmp_path.iterdir(), reverse=True)
    assert [line["start"] for file in [*files[:-1], path] for line in lines(file)] == [*range(41)]
    assert said == [f"cannot start another {path} (Disk quota exceeded); it grows on"]


def test_a_file_that_another_program_renames_or_empties(tmp_path: Path) -> None:
    path, old = tmp_path / "events.jsonl", tmp_path / "events.jsonl-20261128"
    with JsonFile(path, pytest.fail) as sink:
        sink(event(start=0))
        path.rename(old)  # as logrotate does
        sink(event(start=1))
        old.write_bytes(b"")
        path.write_bytes(b"")  # as it does with copytruncate
        sink(event(start=2))
        path.unlink()
        sink(event(start=3))
    assert [line["start"] for line in lines(path)] == [3]


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    code = """
import sys
from pathlib import Path
from tests.test_output import event
from edge_ser.sinks import file
file.LARGEST, file.KEPT = 2000, 200
with file.JsonFile(Path(sys.argv[1]), print) as sink:
    for i in range(100):
        sink(event(start=i, backend=sys.argv[2]))
"""
    writers = [
        subprocess.Popen([sys.executable, "-c", code, path, name], cwd=ROOT) for name in "ab"
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    written = [line for file in tmp_path.iterdir() for line in lines(file)]
    for name in "ab":
        starts = [line["start"] for line in written if line["backend"] == name]
        assert sorted(starts) == list(range(100))


def test_closed_streams_are_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    command = shlex.join([sys.executable, "-m", "edge_ser", "listen", "--input", str(DEMO)])
    for closed in (">&-", "2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f"{command} --output {path} {closed}"], cwd=ROOT, capture_output=True
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
        assert {line["type"] for line in lines(path)} == {"utterance"}
        path.unlink()


def test_a_warning_stays_above_the_bars() -> None:
    options = ("--input", DEMO, "--realtime", "--duration", "4", "--output", "/dev/full")
    shown = listen(*options, columns=100)
    assert any("cannot write /dev/full" in line for line in emulate(shown))


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
