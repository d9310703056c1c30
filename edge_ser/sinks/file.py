"""The JSON lines file, which survives power failures and full disks."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.sinks import Warn, record

if TYPE_CHECKING:
    from pathlib import Path

    from edge_ser.events import Event

LARGEST = 10_000_000
"""Bytes of a file before the next one is started."""
KEPT = 5
"""Number of earlier files: FILE.1, the newest, to FILE.5."""


class JsonFile:
    """A sink that appends utterances and statuses to a file as JSON lines, each synced to disk.

    Lines that do not fit on a full disk are lost, with one warning; partly written lines are
    removed again.

    Args:
        path: the file.
        warn: called with the warning.

    Raises:
        EdgeSerError: on entering, if the file cannot be opened.
    """

    def __init__(self, path: Path, warn: Warn) -> None:
        self._path = path
        self._warn = warn
        self._file = -1
        self._size = 0
        self._regular = True
        self._lost = 0

    def __enter__(self) -> JsonFile:
        try:
            self._open()
        except OSError as error:
            raise EdgeSerError(
                f"cannot write {self._path} ({error.strerror}); choose another --output"
            ) from error
        return self

    def __exit__(self, *exc: object) -> None:
        os.close(self._file)

    def __call__(self, event: Event) -> None:
        """Write the event, unless it is a ``window``."""
        if event.type == "window":
            return
        line = json.dumps(record(event)).encode() + b"\n"
        try:
            if self._regular and self._size and self._size + len(line) > LARGEST:
                self._rotate()
            self._write(line)
        except OSError as error:
            self._lost += 1
            if self._lost == 1:
                self._warn(
                    f"cannot write {self._path} ({error.strerror}); "
                    "listening goes on, but events are not saved"
                )
            if self._regular:
                with suppress(OSError):
                    os.ftruncate(self._file, self._size)
            return
        if self._lost:
            self._warn(f"{self._path} is written again; {self._lost} lines are missing")
            self._lost = 0

    def _write(self, line: bytes) -> None:
        rest = line
        while rest:
            rest = rest[os.write(self._file, rest) :]
        if self._regular:
            os.fsync(self._file)
            self._size += len(line)

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)
        if self._regular:
            self._size = os.fstat(self._file).st_size
            if self._size and os.pread(self._file, 1, self._size - 1) != b"\n":
                # a power failure has cut the last line short: end it
                self._write(b"\n")

    def _rotate(self) -> None:
        def numbered(number: int) -> Path:
            return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

        for number in range(KEPT, 0, -1):
            with suppress(FileNotFoundError):
                numbered(number - 1).replace(numbered(number))
        before = self._file
        self._open()
        os.close(before)
