"""Output to stdout and stderr."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


_log = logging.getLogger(__name__)
_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class _Lines(logging.Handler):
    """Handler that writes to what ``sys.stderr`` is at that time, like :func:`say`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the message in one line, a traceback below it."""
        say(f"edge-ser: {record.levelname.lower()}: {record.getMessage()}")
        if record.exc_info:
            sys.stderr.write(f"{logging.Formatter().formatException(record.exc_info)}\n")


@contextmanager
def logging_to_stderr() -> Iterator[Callable[[int], None]]:
    """Write what edge_ser logs to stderr, at first warnings only.

    Yields:
        A function that takes how much more: 1, what it does; 2, details too.
    """
    logger = logging.getLogger("edge_ser")
    handler, before = _Lines(_LEVELS[0]), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield lambda verbosity: handler.setLevel(_LEVELS[min(verbosity, 2)])
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def set_up_stdout() -> None:
    """Flush stdout after each line, and replace characters that the locale cannot encode.

    Where one of the three streams is closed, what would be written there is discarded: a file
    opened later would take its place, and hold what was meant for it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = sys.stdout or io.TextIOWrapper(io.FileIO(1, "w"))
    sys.stderr = sys.stderr or io.TextIOWrapper(io.FileIO(2, "w"))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True, errors="replace")


def fail(error: Exception | str) -> int:
    """Report a failure in one line on stderr; return the exit code for it."""
    say(f"edge-ser: error: {error}")
    if isinstance(error, Exception):
        _log.debug("where it happened", exc_info=error)
    return 1


def say(message: str) -> None:
    """Write one line to stderr, which takes everything but results."""
    sys.stderr.write(" ".join(message.splitlines()) + "\n")
    sys.stderr.flush()


def write_line(text: str) -> None:
    """Write one line of a result to stdout."""
    sys.stdout.write(text + "\n")


def write_json(record: Mapping[str, Any]) -> None:
    """Write a result as one line of JSON."""
    write_line(json.dumps(record))


def write_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows under their heads, numbers aligned to the right."""
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


def write_rows(
    keys: Sequence[str], rows: Sequence[Sequence[object]], as_json: bool, nothing: str
) -> None:
    """Write rows as JSON lines or as a table; say ``nothing`` on stderr if there are none."""
    if as_json:
        for row in rows:
            write_json(dict(zip(keys, row, strict=True)))
    elif rows:
        write_table(keys, rows)
    else:
        say(nothing)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
