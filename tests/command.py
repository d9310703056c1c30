"""`edge-ser`, run here; and elsewhere, where the process itself is what is looked at."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple
from unittest.mock import patch

from edge_ser.cli import main
from tests.virtual import measured

COMMAND = (sys.executable, "-m", "edge_ser")


class Done(NamedTuple):
    """What came of a command, named as in :class:`subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON lines of stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]


def edge_ser(*arguments: object) -> Done:
    """Runs a command in this process; stdout and stderr are no terminals, and in UTF-8."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err), patch.dict(os.environ):
        code = main([*map(str, arguments)])
    return Done(code, _read(out), _read(err))


def _read(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def elsewhere(*arguments: object, **environment: str) -> Done:
    """Runs a command in a process of its own, with changes to the environment."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, **measured(), **environment},
    )
    return Done(done.returncode, done.stdout, done.stderr)
