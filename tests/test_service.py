"""The service: its unit, and its command under a manager of our own."""

from __future__ import annotations

import fcntl
import json
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge_ser.demo import PATH as DEMO
from tests.virtual import ROOT, Environment, measured, server, unavailable

pytestmark = pytest.mark.system

UNIT = ROOT / "device" / "edge-ser.service"
DROP_INS = ("", "edge-ser-mqtt.conf", "edge-ser-web.conf")


def settings(name: str) -> list[str]:
    """The values of a setting of the unit."""
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


class Manager:
    """The other end of ``NOTIFY_SOCKET``."""

    def __init__(self, folder: Path, watchdog: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self.environment = {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(round(watchdog * 1e6)),
        }
        self.messages: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        while True:
            for line in self._socket.recv(4096).decode().splitlines():
                self.messages.put(line)

    def next(self, wanted: str, within: float) -> str:
        deadline = time.monotonic() + within
        while True:
            line = self.messages.get(timeout=max(0, deadline - time.monotonic()))
            if line.startswith(wanted):
                return line

    def silent(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        while not self.messages.empty():
            self.messages.get()
        try:
            self.messages.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@contextmanager
def started(command: list[str], environment: Environment) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | measured(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def unit_command(folder: Path) -> list[str]:
    """What the unit starts, with this Python and a state folder of our own."""
    (line,) = settings("ExecStart")
    words = shlex.split(line.replace("$EDGE_SER_OPTIONS", "--device vmic"))
    assert words[0] == "/opt/edge-ser/bin/edge-ser"
    return [
        sys.executable,
        "-m",
        "edge_ser",
        *(word.replace("/var/lib/edge-ser", str(folder)) for word in words[1:]),
    ]


def test_the_units_command_tells_the_manager_and_ends_with_the_last_event(
    own_vmic: Environment, tmp_path: Path
) -> None:
    manager = Manager(tmp_path, watchdog=2)
    with started(unit_command(tmp_path), own_vmic | manager.environment) as process:
        manager.next("READY=1", within=20)
        for _ in range(3):
            manager.next("WATCHDOG=1", within=1)
        os.kill(server(own_vmic), signal.SIGSTOP)  # nothing is heard, but it is being looked for
        assert "stopped delivering audio" in manager.next("STATUS=", within=5)
        for _ in range(3):
            manager.next("WATCHDOG=1", within=1.5)
        os.kill(server(own_vmic), signal.SIGCONT)
        assert manager.next("STATUS=", within=12).endswith("is back")
        player = subprocess.Popen(["paplay", "--device=play", DEMO], env=own_vmic)
        time.sleep(2)  # in the middle of the first sentence
        began = time.monotonic()
        process.terminate()
        assert process.wait(timeout=5) == 0
        assert time.monotonic() - began < 1
        manager.next("STOPPING=1", within=1)
        player.kill()
        player.wait()
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event.get("status") for event in events] == ["lost", "back", None]
    assert events[-1]["type"] == "utterance"


def test_the_watchdog_starves_when_nothing_is_processed(tmp_path: Path) -> None:
    """The reader of its stdout stops: the process is alive and well, but hears nothing more."""
    manager = Manager(tmp_path, watchdog=1)
    command = [sys.executable, "-m", "edge_ser", "listen", "--input", str(DEMO), "--realtime"]
    with started([*command, "--json", "--hop", "0.1"], os.environ | manager.environment) as process:
        assert process.stdout
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        manager.next("READY=1", within=20)
        manager.next("WATCHDOG=1", within=1)
        deadline = time.monotonic() + 12
        while not manager.silent(1.2):
            assert time.monotonic() < deadline
        assert process.poll() is None


def test_without_a_manager_nothing_is_told(tmp_path: Path) -> None:
    manager = Manager(tmp_path, watchdog=1)
    command = [sys.executable, "-m", "edge_ser", "listen", "--input", str(DEMO)]
    other = manager.environment | {"WATCHDOG_PID": "1"} | measured()
    subprocess.run(command, env=os.environ | other, check=True, capture_output=True)
    assert list(manager.messages.queue) == ["READY=1", "STATUS=listening", "STOPPING=1"]


@pytest.mark.parametrize("drop_in", DROP_INS)
def test_its_exposure_is_small(tmp_path: Path, drop_in: str) -> None:
    if shutil.which("systemd-analyze") is None:
        unavailable("systemd-analyze is missing (systemd)")
    unit = tmp_path / UNIT.name
    shutil.copy(UNIT, unit)
    if drop_in:
        # a drop-in is what follows, for systemd
        unit.write_text(UNIT.read_text() + (UNIT.parent / drop_in).read_text())
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
        check=True,
    )
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= 2.5


def test_it_needs_no_system_call_that_the_unit_forbids(vmic: Environment, tmp_path: Path) -> None:
    """What it calls beyond the filter fails, as under systemd, and it listens all the same."""
    for program in ("strace", "systemd-analyze"):
        if shutil.which(program) is None:
            unavailable(f"{program} is missing ({program.split('-')[0]})")
    allowed: set[str] = set()
    for line in settings("SystemCallFilter"):
        denied, names = line.startswith("~"), line.lstrip("~").split()
        calls = {call for name in names for call in expand(name)}
        allowed = allowed - calls if denied else allowed | calls
    allowed |= expand("@default")
    listen = [*unit_command(tmp_path), "--duration", "2"]
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-o", str(trace)]
    subprocess.run([*strace, *listen], cwd=ROOT, env=vmic, check=True, capture_output=True)
    used = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ]", trace.read_text(), re.MULTILINE))
    assert {"openat", "futex", "execve"} <= used
    refused = used - allowed
    assert not refused & {"openat", "socket", "ioctl", "clone3", "mmap", "sendmsg"}
    inject = [option for call in sorted(refused) for option in ("-e", f"inject={call}:error=EPERM")]
    done = subprocess.run(
        [*strace, *inject, *listen], cwd=ROOT, env=vmic, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "lost" not in (tmp_path / "events.jsonl").read_text()


def expand(name: str) -> set[str]:
    """The system calls of one of systemd's sets, those of sets in it too."""
    if not name.startswith("@"):
        return {name}
    done = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", name],
        capture_output=True,
        text=True,
        check=True,
    )
    inside = [line.strip() for line in done.stdout.splitlines()[1:]]
    return {call for line in inside if line and not line.startswith("#") for call in expand(line)}
