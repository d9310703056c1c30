"""The virtual microphone, and programs that listen to it.

PortAudio reads the environment when it is loaded, so what captures runs in child processes.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from coverage import Coverage

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "device" / "virtual-microphone.sh"

Environment = dict[str, str]


def unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def virtual_microphone(folder: Path) -> Iterator[Environment]:
    """Environment in which PortAudio finds the virtual microphone ``vmic``."""
    for program in ("pulseaudio", "pactl", "paplay"):
        if shutil.which(program) is None:
            unavailable(f"{program} is missing (pulseaudio pulseaudio-utils libasound2-plugins)")
    environment = os.environ | {"EDGE_SER_VMIC": str(folder)}
    started = subprocess.run([SCRIPT, "start"], env=environment, capture_output=True, text=True)
    assert started.returncode == 0, started.stderr
    for word in shlex.split(started.stdout):
        name, separator, value = word.partition("=")
        if separator:
            environment[name] = value
    yield environment
    subprocess.run([SCRIPT, "stop"], env=environment, check=True)


def server(environment: Environment) -> int:
    """Process number of the sound server."""
    return int((Path(environment["EDGE_SER_VMIC"]) / "pulse" / "pid").read_text())


def measured() -> Environment:
    """What lets a child process count the lines that it runs, where this one does."""
    if Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}


PRELUDE = """
import json, os, signal, subprocess, sys, threading, time
import numpy as np
from edge_ser.audio import Microphone, list_devices, microphone
from edge_ser.errors import EdgeSerError

# a test run in the background may have been started with Ctrl-C ignored, which children inherit
signal.signal(signal.SIGINT, signal.default_int_handler)

def play(path):
    return subprocess.Popen(["paplay", "--device=play", path])

def pactl(*arguments):
    subprocess.run(["pactl", *arguments], check=True)
"""


def child(environment: Environment, code: str, *arguments: object) -> Any:
    """Runs Python code in its own process; returns the JSON it printed last.

    Nothing else may come out: PortAudio's own chatter must not reach the terminal.
    """
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code), *map(str, arguments)],
        cwd=ROOT,
        env=environment | measured(),
        capture_output=True,
        text=True,
        timeout=40,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def utterances(stdout: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in stdout.splitlines()]
    return [event for event in events if event["type"] == "utterance"]
