"""What is heard stays: no network, and no file but those that the command line names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from tests.server import Server
from tests.virtual import ROOT, Environment, unavailable

LISTEN = ("-m", "edge_ser", "listen")
# what a program may do to a sound card, to nowhere, and to PulseAudio's own files
HARMLESS = re.compile(r"/dev/(null|snd/.*|shm/(pulse-shm-|jack).*)|.*/\.config/pulse(/cookie)?")
WRITING = r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND)|\b(creat|mk|link|unlink|rename)"


def breaches(trace: str, allowed: str = "") -> list[str]:
    """The lines of strace's output that reach a network or change a file.

    Args:
        trace: system calls, one a line.
        allowed: path that may be written.
    """
    found = []
    for line in trace.splitlines():
        network = re.search(r"\bsocket\((?!AF_UNIX\b|AF_LOCAL\b)", line)
        writing = re.search(WRITING, line)
        path = re.search(r'"(.*?)"', line)
        failed = re.search(r"= -1 E\w+", line)
        if network or (
            writing
            and not failed
            and path
            and path[1] != allowed
            and not HARMLESS.fullmatch(path[1])
        ):
            found.append(line)
    return found


def traced(
    folder: Path,
    *arguments: str,
    environment: Environment | None = None,
    calls: str = "socket,connect,%file,memfd_secret",
) -> str:
    """Runs Python under strace; returns the calls that open sockets or touch the file system."""
    if shutil.which("strace") is None:
        unavailable("strace is missing (strace)")
    file = folder / "trace"
    strace = ["strace", "-f", "-qq", "-s", "500", "-e", f"trace={calls}", "-o", str(file)]
    variables = (environment or dict(os.environ)) | {"PYTHONDONTWRITEBYTECODE": "1"}
    variables.pop("CI", None)  # where some programs behave
    done = subprocess.run(
        [*strace, sys.executable, *arguments],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    text = file.read_text()
    assert "edge_ser" in text or "-c" in arguments
    return text


@pytest.mark.parametrize("command", ["listen", "classify"])
@pytest.mark.parametrize("backend", ["numpy", "onnx", "tflite"])
def test_files_are_heard_in_private(tmp_path: Path, command: str, backend: str) -> None:
    given = ("--input", str(DEMO)) if command == "listen" else (str(DEMO),)
    trace = traced(tmp_path, "-m", "edge_ser", command, *given, "--backend", backend, "--json")
    assert breaches(trace) == []


def test_the_microphone_is_heard_in_private(vmic: Environment, tmp_path: Path) -> None:
    output = str(tmp_path / "events.jsonl")
    trace = traced(
        tmp_path,
        *LISTEN,
        "--device",
        "vmic",
        "--duration",
        "3",
        "--output",
        output,
        environment=vmic,
    )
    assert f'"{output}", O_RDWR' in trace
    assert breaches(trace, allowed=output) == []
    (own,) = breaches(trace)
    assert output in own


def test_the_page_waits_to_be_asked(tmp_path: Path) -> None:
    """One socket listens, and nothing is connected to."""
    given = ("--input", str(DEMO), "--json")
    calls = "%file,%network"
    trace = traced(tmp_path, *LISTEN, *given, "--web", ":0", calls=calls)
    (opened,) = breaches(trace)
    assert "socket(AF_INET, SOCK_STREAM" in opened
    assert "connect(" not in trace
    (bound,) = re.findall(r"\bbind\(.*", trace)
    assert 'inet_addr("127.0.0.1")' in bound
    without = traced(tmp_path, *LISTEN, *given, calls=calls)
    assert not re.search(r"\b(bind|listen|connect)\(\d", without)


def test_a_webhook_is_the_only_address(tmp_path: Path) -> None:
    with Server() as server:
        webhook = ("--webhook", f"{server.url}/heard", "--exec", "cat >&2")
        trace = traced(tmp_path, *LISTEN, "--input", str(DEMO), *webhook)
    assert len(server.requests) == len(SENTENCES)
    reached = re.findall(r"\bconnect\(\d+, \{sa_family=(?!AF_UNIX)(.*?)\}", trace)
    own = f'AF_INET, sin_port=htons({server.port}), sin_addr=inet_addr("127.0.0.1")'
    assert set(reached) == {own}
    opened = breaches(trace)
    assert len(opened) == len(reached) == len(SENTENCES)
    assert all("socket(AF_INET, SOCK_STREAM" in call for call in opened)


@pytest.mark.parametrize(
    "breach",
    [
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "import socket; socket.socket(socket.AF_INET6)",
        "open(sys.argv[1], 'w')",
        "open(sys.argv[1], 'ab')",
        "os.open(sys.argv[1], os.O_CREAT)",
        "os.mkdir(sys.argv[1])",
        "import threading; t = threading.Thread(target=open, args=(sys.argv[1], 'w')); t.start()",
        "import subprocess; subprocess.run(['touch', sys.argv[1]])",
    ],
)
def test_a_breach_is_seen(tmp_path: Path, breach: str) -> None:
    trace = traced(tmp_path, "-c", f"import os, sys; {breach}", str(tmp_path / "leak"))
    assert len(breaches(trace)) >= 1
