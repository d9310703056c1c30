"""What goes to stdout and stderr."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def set_up_stdout() -> None:
    """A line leaves when it is written, and no character that the locale lacks ends the program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="replace")


def fail(error: Exception | str) -> int:
    """Tells a failure in one line on stderr; returns the exit code for it."""
    say(f"edge-ser: error: {error}")
    return 1


def say(message: str) -> None:
    """One line on stderr: all that is not a result."""
    sys.stderr.write(" ".join(message.splitlines()) + "\n")
    sys.stderr.flush()


def write_line(text: str) -> None:
    """One line of a result."""
    sys.stdout.write(text + "\n")


def write_json(record: Mapping[str, Any]) -> None:
    """A result as one line of JSON."""
    write_line(json.dumps(record))


def write_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under their heads, numbers flush right."""
    rows = [list(row) for row in rows]
    cells = [list(heads), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(heads))]
    for line in cells:
        aligned = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ]
        write_line("  ".join(aligned).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
