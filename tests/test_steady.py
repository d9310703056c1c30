"""A microphone that comes and goes, on a sound server that is stopped, killed and started again."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from edge_ser.demo import PATH as DEMO
from tests.virtual import ROOT, SCRIPT, Environment, child, measured, server

pytestmark = pytest.mark.system

LONG_STALL = 10


class Listener:
    """``edge-ser listen --json`` on the virtual microphone, and the events that it prints."""

    def __init__(self, environment: Environment, *arguments: str) -> None:
        command = [sys.executable, "-m", "edge_ser", "listen", "--json", "--device", "vmic"]
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=environment | measured(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def next(self, kind: str, within: float) -> dict[str, Any]:
        """The next event that is no window."""
        deadline = time.monotonic() + within
        event = {"type": "window"}
        while event["type"] == "window":
            event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
        assert kind in (event["type"], event.get("status")), event
        return event

    def end(self) -> tuple[float, list[dict[str, Any]], str]:
        """Sends SIGTERM; returns the seconds to the end, the events until then, and stderr."""
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(timeout=10) == 0
        took = time.monotonic() - began
        assert self.process.stderr
        time.sleep(0.1)
        rest = [self._events.get_nowait() for _ in range(self._events.qsize())]
        return took, rest, self.process.stderr.read()


@contextmanager
def listening(environment: Environment, *arguments: str) -> Iterator[Listener]:
    listener = Listener(environment, *arguments)
    try:
        yield listener
    finally:
        listener.process.kill()
        listener.process.wait()


@pytest.fixture(scope="module")
def phrase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first sentence of the demo clip, with a second of silence on either side."""
    signal, rate = soundfile.read(DEMO)
    path = tmp_path_factory.mktemp("phrase") / "phrase.wav"
    silence = np.zeros(rate)
    soundfile.write(path, np.concatenate([silence, signal[: 4 * rate], silence]), rate)
    return path


def say(environment: Environment, path: Path) -> None:
    subprocess.run(["paplay", "--device=play", path], env=environment, check=True)


def start_again(environment: Environment) -> None:
    """A new sound server in the place of one that was killed."""
    folder = Path(environment["EDGE_SER_VMIC"])
    subprocess.run(["rm", "-rf", *folder.iterdir()], check=True)
    subprocess.run([SCRIPT, "start"], env=environment, check=True, stdout=subprocess.DEVNULL)


def kill(environment: Environment) -> None:
    os.kill(server(environment), signal.SIGKILL)


def test_a_sound_server_that_comes_dies_and_comes_again(
    own_vmic: Environment, phrase: Path
) -> None:
    kill(own_vmic)
    with listening(own_vmic, "--wait") as listener:
        absent = listener.next("lost", within=10)
        assert absent["at"] == pytest.approx(0, abs=0.5)
        start_again(own_vmic)
        back = listener.next("back", within=30)
        began = time.monotonic() - back["at"]
        assert back["dropped"] == pytest.approx(16_000 * back["at"], abs=1600)
        say(own_vmic, phrase)
        assert listener.next("utterance", within=5)["dropped"] == back["dropped"]
        killed = time.monotonic()
        kill(own_vmic)
        lost = listener.next("lost", within=3.5)
        assert time.monotonic() - killed < 3.5
        assert lost["at"] == pytest.approx(time.monotonic() - began, abs=1)
        start_again(own_vmic)
        again = listener.next("back", within=30)
        assert again["at"] == pytest.approx(time.monotonic() - began, abs=1)
        say(own_vmic, phrase)
        heard = listener.next("utterance", within=5)
        # the clip has just ended, and its last second is silence: time goes on while it is away
        assert heard["end"] == pytest.approx(time.monotonic() - began, abs=2.5)
        kill(own_vmic)
        took, rest, errors = listener.end()
        start_again(own_vmic)
    assert took < 1
    assert all(event["type"] == "status" for event in rest)
    assert errors.count("the microphone vmic is back") == 2


def test_a_sound_server_that_hangs_for_long(own_vmic: Environment, phrase: Path) -> None:
    with listening(own_vmic) as listener:
        say(own_vmic, phrase)
        listener.next("utterance", within=10)
        os.kill(server(own_vmic), signal.SIGSTOP)
        listener.next("lost", within=4)
        time.sleep(LONG_STALL)
        os.kill(server(own_vmic), signal.SIGCONT)
        back = listener.next("back", within=35)
        assert back["dropped"] > 16_000 * LONG_STALL
        say(own_vmic, phrase)
        listener.next("utterance", within=5)
        os.kill(server(own_vmic), signal.SIGSTOP)
        listener.next("lost", within=4)
        took, rest, _ = listener.end()
        os.kill(server(own_vmic), signal.SIGCONT)
    assert took < 1
    assert rest == []


def test_a_source_that_is_suspended_is_lost_once(own_vmic: Environment, phrase: Path) -> None:
    with listening(own_vmic) as listener:
        say(own_vmic, phrase)
        listener.next("utterance", within=10)
        subprocess.run(["pactl", "suspend-source", "vmic", "1"], env=own_vmic, check=True)
        listener.next("lost", within=4)
        time.sleep(6)  # it opens again meanwhile, and stays silent
        subprocess.run(["pactl", "suspend-source", "vmic", "0"], env=own_vmic, check=True)
        listener.next("back", within=30)
        say(own_vmic, phrase)
        listener.next("utterance", within=5)
        took, rest, _ = listener.end()
    assert took < 1
    assert rest == []


def test_what_was_being_said_when_it_went_is_not_lost(own_vmic: Environment) -> None:
    with listening(own_vmic) as listener:
        player = subprocess.Popen(["paplay", "--device=play", DEMO], env=own_vmic)
        deadline = time.monotonic() + 10
        while listener._events.empty():  # the first window of the first sentence
            assert time.monotonic() < deadline
            time.sleep(0.05)
        kill(own_vmic)
        player.wait()
        utterance = listener.next("utterance", within=4)
        assert 0 < utterance["end"] - utterance["start"] < 3
        listener.next("lost", within=1)
        listener.end()
        start_again(own_vmic)


def test_a_sound_server_that_hangs_at_the_start_is_no_reason_to_wait(
    own_vmic: Environment,
) -> None:
    os.kill(server(own_vmic), signal.SIGSTOP)
    try:
        with listening(own_vmic) as listener:
            maps = Path(f"/proc/{listener.process.pid}/maps")
            deadline = time.monotonic() + 30
            while "libpulse" not in maps.read_text():  # which PortAudio loads to look for devices
                assert time.monotonic() < deadline
                time.sleep(0.1)
            time.sleep(0.5)
            assert listener.process.poll() is None
            took, rest, errors = listener.end()
    finally:
        os.kill(server(own_vmic), signal.SIGCONT)
    assert took < 1
    assert (rest, errors) == ([], "")


def test_it_is_closed_however_the_iteration_ends(vmic: Environment) -> None:
    during, after, cancelled = child(
        vmic,
        """
        from edge_ser.audio import steady

        def recording():
            command = ["pactl", "list", "short", "source-outputs"]
            return len(subprocess.run(command, capture_output=True, check=True).stdout.splitlines())

        before = recording()
        for block in steady.SteadyMicrophone("vmic"):
            if len(block.samples):
                during = recording()
                break
        after = recording()
        microphone = Microphone("vmic")
        opening = microphone.reopen()
        microphone.close()
        opening.result()
        print(json.dumps([count - before for count in (during, after, recording())]))
        """,
    )
    assert (during, after, cancelled) == (1, 0, 0)


def test_silence_of_a_muted_microphone_is_a_status(vmic: Environment, phrase: Path) -> None:
    found = child(
        vmic,
        """
        from edge_ser.audio import steady
        steady.SILENCE = 1.5
        found, heard = [], 0
        for block in steady.SteadyMicrophone("vmic"):
            heard += len(block.samples)
            if block.status:
                found.append([block.status.state, block.status.message, heard / 16_000])
                if len(found) == 2:
                    break
                player = play(sys.argv[1])
        player.wait()
        print(json.dumps(found))
        """,
        phrase,
    )
    (silent, muted, at), (back, again, _) = found
    assert (silent, back) == ("silent", "back")
    assert at == pytest.approx(1.5, abs=0.1)
    assert "has delivered digital silence for a minute; unmute it" in muted
    assert again.endswith("is heard again")


def test_pauses_grow(vmic: Environment) -> None:
    pauses, first = child(
        vmic,
        """
        from itertools import islice
        from edge_ser.audio import steady
        absent = steady.SteadyMicrophone("absent", wait=True)
        with absent:
            first = next(iter(absent))
        print(json.dumps([list(islice(steady._pauses(), 7)), first.status.message]))
        """,
    )
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert first.startswith("there is no microphone 'absent'; ")
