"""An emulated terminal, and the real command in it."""

from __future__ import annotations

import os
import pty
import re
import sys
import threading
from collections.abc import Mapping

from tests.virtual import ROOT, measured


def listen(
    *arguments: object,
    columns: int,
    interrupt: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run ``edge-ser listen`` in a terminal of ``columns``; return all that it wrote.

    Args:
        arguments: of the command.
        columns: width of the terminal.
        interrupt: seconds of bars on the terminal after which Ctrl-C is pressed.
        environment: changes to the environment.
    """
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(measured(), TERM="xterm", COLUMNS=str(columns), LINES="30")
        os.environ.update(environment or {})
        os.chdir(ROOT)
        command = [sys.executable, "-m", "edge_ser", "listen", *map(str, arguments)]
        os.execv(sys.executable, command)  # noqa: S606
    shown, pressed = b"", False
    while True:
        try:
            shown += os.read(terminal, 65_536)
        except OSError:  # the program has ended
            break
        if interrupt and not pressed and b"level" in shown:
            threading.Timer(interrupt, os.write, (terminal, b"\x03")).start()
            pressed = True
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, shown.decode()
    return shown.decode()


def emulate(output: str) -> list[str]:
    """What a terminal shows after ``output``, as far as cursor-up and erase-line go."""
    lines, row = [""], 0
    for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", output):
        if token == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token.endswith("A") and token.startswith("\x1b"):
            row -= int(token[2:-1] or 1)
        elif token == "\x1b[2K":
            lines[row] = ""
        elif not token.startswith(("\x1b", "\r")):
            lines[row] += token
    return [line.rstrip() for line in lines if line.strip()]
