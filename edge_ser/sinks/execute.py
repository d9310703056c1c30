"""The sink that runs a command for events: ``--exec``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, BinaryIO

from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.sinks.background import BackgroundSink

if TYPE_CHECKING:
    from edge_ser.events import Event
    from edge_ser.sinks import Warn

LONGEST = 30.0
"""Seconds after which a command is killed."""
PAUSE = 1.0
"""Seconds between the starts of two commands, at least."""

_LAST = 5.0  # seconds for the last event
_STEP = 0.1  # seconds between two looks whether a command has to be killed
_LINE = 8192  # bytes of output that are shown as one line
_SECRET = {"EDGE_SER_MQTT_LOGIN", "EDGE_SER_WEB_TOKEN", "EDGE_SER_WEBHOOK_TOKEN"}
_FIELDS = {field.name for kind in (EmotionEvent, StatusEvent) for field in fields(kind)}


class Execute(BackgroundSink):
    """A sink that runs ``sh -c COMMAND`` for every utterance and status, one at a time.

    The command gets the event as JSON on stdin, and in its environment (:func:`environment`). What
    it prints goes to stderr. It runs in a session of its own, so that Ctrl-C does not reach it.
    While one runs, only the newest event waits; at the end of the stream the last event is still
    acted on, for which a running command has to make room.

    Args:
        command: what the shell runs.
        warn: takes what the command prints, and is called when it fails, works again, is killed, or
            when events came faster than it ran.
    """

    def __init__(self, command: str, warn: Warn) -> None:
        super().__init__("--exec", 1, _LAST, warn)
        self._command = command
        self._fails = False
        self._output = -1

    def __enter__(self) -> Execute:
        output, self._output = os.pipe()
        self._printing = threading.Thread(
            target=self._print, args=[os.fdopen(output, "rb")], name="--exec output", daemon=True
        )
        self._printing.start()
        return super().__enter__()

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        os.close(self._output)
        self._printing.join(0.5)  # what a command left in the background may keep it open

    def act(self, event: Event) -> None:
        """Run the command, then wait until the next one may start."""
        started = time.monotonic()
        failure = self._failure(event, started)
        if failure and not self._fails:
            self._warn(f"--exec: the command {failure}; listening goes on")
        elif self._fails and not failure:
            self._warn("--exec: the command works again")
        self._fails = bool(failure)
        self._ending.wait(started + PAUSE - time.monotonic())

    def _failure(self, event: Event, started: float) -> str:
        """Run the command; return what went wrong, if anything did."""
        try:
            process = subprocess.Popen(
                ["sh", "-c", self._command],
                stdin=subprocess.PIPE,
                stdout=self._output,
                stderr=self._output,
                env=environment(event),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"cannot be started ({error})"
        assert process.stdin
        with suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps(event.to_dict()).encode() + b"\n")  # less than a pipe holds
        while True:
            with suppress(subprocess.TimeoutExpired):
                return _meaning(process.wait(_STEP))
            if time.monotonic() >= min(started + LONGEST, self._until()):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return f"was killed after {time.monotonic() - started:.0f} s"

    def _until(self) -> float:
        """Return when a command has to be done: half of the last seconds are for the last event."""
        return self._deadline - (_LAST / 2 if self._waiting else 0)

    def _print(self, output: BinaryIO) -> None:
        with output:
            while line := output.readline(_LINE):
                self._warn(line.decode(errors="replace"))


def environment(event: Event) -> dict[str, str]:
    """Return the environment of a command: this program's, without its secrets, and the event.

    ``EDGE_SER_TYPE``, ``EDGE_SER_EMOTION``, …: each number or word of the event. What it does not
    have, such as the ``EDGE_SER_STATUS`` of an utterance or the emotion where the model is unsure,
    is empty.
    """
    values = event.to_dict()
    told = {name: values.get(name) for name in _FIELDS if name != "probabilities"}
    inherited = {name: value for name, value in os.environ.items() if name not in _SECRET}
    return inherited | {
        f"EDGE_SER_{name.upper()}": "" if value is None else str(value)
        for name, value in told.items()
    }


def _meaning(code: int) -> str:
    """Return what an exit code says; nothing if it is 0."""
    if code < 0:
        return f"was ended by signal {-code}"
    return f"failed with exit code {code}" if code else ""
