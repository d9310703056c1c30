"""`--exec CMD`, with commands of a real shell."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from edge_ser.events import Event
from edge_ser.sinks import execute as module
from edge_ser.sinks.execute import Execute, environment
from tests.command import edge_ser
from tests.test_sinks import LOST, UTTERANCE, WINDOW


def soon(condition: Callable[[], object], within: float = 5) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_it_acts_on_what_is_heard(tmp_path: Path) -> None:
    file = tmp_path / "acted"
    command = f'cat >>{file}; echo "it was $EDGE_SER_EMOTION"; echo "from $EDGE_SER_START" >&2'
    done = edge_ser("listen", "--input", DEMO, "--json", "--exec", command)
    assert done.returncode == 0
    heard = [event for event in done.records if event["type"] == "utterance"]
    acted = [json.loads(line) for line in lines(file)]
    assert len(heard) == len(SENTENCES)
    assert acted[0] == heard[0] and acted[-1] == heard[-1]  # those between came too fast
    assert all(event in heard for event in acted)
    told = done.stderr.splitlines()[1:]
    for event in acted:
        assert f"it was {event['emotion'] or ''}" in told
        assert f"from {event['start']}" in told
    left_out = re.findall(r"--exec: (\d+) events? w\w+ left out", done.stderr)
    assert sum(map(int, left_out)) == len(heard) - len(acted)


@pytest.mark.parametrize("event", [UTTERANCE, replace(UTTERANCE, emotion=None), LOST])
def test_the_event_is_the_environment(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SER_STATUS", "of someone else")
    monkeypatch.setenv("EDGE_SER_WEBHOOK_TOKEN", "secret")
    monkeypatch.setenv("EDGE_SER_MQTT_LOGIN", "me:secret")
    monkeypatch.setenv("EDGE_SER_WEB_TOKEN", "secret")
    monkeypatch.setenv("LAMP", "kitchen")
    for name in ("EDGE_SER_CORPORA", "EDGE_SER_WHISPER"):
        monkeypatch.delenv(name, raising=False)
    told = environment(event)
    assert told["LAMP"] == "kitchen"
    assert "secret" not in "".join(told.values())
    own = {k.removeprefix("EDGE_SER_").lower(): v for k, v in told.items() if "EDGE_SER" in k}
    assert {"type", "emotion", "confidence", "start", "end", "time", "status", "model"} <= set(own)
    values = {k: v for k, v in event.to_dict().items() if k != "probabilities"}
    for name, value in own.items():
        assert value == ("" if values.get(name) is None else str(values[name]))
    assert set(values) <= set(own)


def test_windows_are_no_reason_to_act(tmp_path: Path) -> None:
    file = tmp_path / "acted"
    with Execute(f"echo $EDGE_SER_TYPE $EDGE_SER_STATUS >>{file}", pytest.fail) as sink:
        sink(WINDOW)
        sink(LOST)
    assert lines(file) == ["status lost"]


def test_one_runs_and_the_newest_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    file, go, said = tmp_path / "acted", tmp_path / "go", list[str]()
    command = f"echo $EDGE_SER_START >>{file}; until [ -e {go} ]; do sleep 0.02; done"
    with Execute(command, said.append) as sink:
        sink(UTTERANCE)
        soon(lambda: lines(file))
        began = time.monotonic()
        for start in (2.0, 3.0, 4.0, 5.0):
            sink(replace(UTTERANCE, start=start))
        assert time.monotonic() - began < 0.1
        assert not said
        go.touch()
        soon(lambda: said)
    assert lines(file) == ["1.25", "5.0"]
    assert said == ["--exec: 3 events were left out"]


def test_it_starts_once_a_second_at_most(tmp_path: Path) -> None:
    file = tmp_path / "acted"
    with Execute(f"date +%s.%N >>{file}", pytest.fail) as sink:
        for _ in range(2):
            sink(UTTERANCE)
            time.sleep(0.2)
        soon(lambda: len(lines(file)) == 2)
    first, second = map(float, lines(file))
    assert second - first == pytest.approx(module.PAUSE, abs=0.1)


def group_is_gone(number: int) -> bool:
    """Whether no process of a group runs; some systems keep the dead ones for a while."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            dead = process.status() == psutil.STATUS_ZOMBIE
            if os.getpgid(process.pid) == number and not dead:
                return False
    return True


def test_a_command_that_hangs_is_killed_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST", 0.3)
    file, said = tmp_path / "pid", list[str]()
    # the sixth field of the statistics is the session
    command = f"cut -d ' ' -f 1,6 /proc/$$/stat >{file}; sleep 60 & sleep 60"
    with Execute(command, said.append) as sink:
        sink(UTTERANCE)
        soon(lambda: said)
    number, session = map(int, lines(file)[0].split())
    assert number == session != os.getsid(0)
    soon(lambda: group_is_gone(number))
    assert said == ["--exec: the command was killed after 0 s; listening goes on"]


def test_a_command_that_fails_is_told_once_and_when_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    works, file, said = tmp_path / "works", tmp_path / "acted", list[str]()
    with Execute(f"echo >>{file}; test -e {works} || exit 3", said.append) as sink:
        for number in range(1, 5):
            sink(UTTERANCE)
            soon(lambda number=number: len(lines(file)) == number)  # type: ignore[misc]
            if number == 2:
                soon(lambda: said)
                works.touch()
    assert said == [
        "--exec: the command failed with exit code 3; listening goes on",
        "--exec: the command works again",
    ]


def test_a_shell_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setenv("PATH", "/nowhere")
    with Execute("true", said.append) as sink:
        sink(UTTERANCE)
    (message,) = said
    assert "cannot be started" in message


def test_the_last_event_is_acted_on_though_another_command_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAST", 1.0)
    file, said = tmp_path / "acted", list[str]()
    command = f"echo $EDGE_SER_TYPE >>{file}; [ $EDGE_SER_TYPE = status ] || sleep 60"
    with Execute(command, said.append) as sink:
        sink(UTTERANCE)
        soon(lambda: lines(file))
        sink(LOST)
        began = time.monotonic()
    assert time.monotonic() - began < 1.2
    assert lines(file) == ["utterance", "status"]
    assert "was killed" in said[0]


def test_the_end_does_not_wait_for_what_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAST", 0.3)
    file, said = tmp_path / "pid", list[str]()
    with Execute(f"echo $$ >{file}; sleep 60", said.append) as sink:
        sink(UTTERANCE)
        soon(lambda: lines(file))
        began = time.monotonic()
    assert time.monotonic() - began < 1
    soon(lambda: group_is_gone(int(lines(file)[0])))


def test_a_command_left_in_the_background_holds_nothing_up(tmp_path: Path) -> None:
    said: list[str] = []
    with Execute("echo begun; sleep 2 & :", said.append) as sink:
        sink(UTTERANCE)
        soon(lambda: said)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert said == ["begun\n"]


def test_without_a_command_it_is_wrong_usage() -> None:
    done = edge_ser("listen", "--input", DEMO, "--exec", " ")
    assert done.returncode == 2
    assert "--exec needs a command" in done.stderr
