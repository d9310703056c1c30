"""The JSON lines file, which survives power failures and full disks."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_ser.events import Event
    from edge_ser.sinks import Warn

LARGEST = 10_000_000
"""Bytes of a file before the next one is started."""
KEPT = 5
"""Number of earlier files: FILE.1, the newest, to FILE.5."""


class JsonFile:
    """A sink that appends utterances and statuses to a file as JSON lines, each synced to disk.

    Lines that do not fit on a full disk are lost, with one warning; partly written lines are
    removed again. Several processes may write to one file; a file that another program has renamed
    or removed is started again.

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
        self._regular = True
        self._lost = 0
        self._grows = False

    def __enter__(self) -> JsonFile:
        try:
            self._file = self._open()
            self._regular = stat.S_ISREG(os.fstat(self._file).st_mode)
            with self._locked():
                size = os.fstat(self._file).st_size if self._regular else 0
                if size and os.pread(self._file, 1, size - 1) != b"\n":
                    self._write(b"\n")  # a power failure has cut the last line short: end it
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
        line = json.dumps(event.to_dict()).encode() + b"\n"
        try:
            with self._locked():
                self._append(line)
        except OSError as error:
            self._lost += 1
            if self._lost == 1:
                self._warn(
                    f"cannot write {self._path} ({error.strerror}); "
                    "listening goes on, but events are not saved"
                )
            return
        if self._lost:
            self._warn(f"{self._path} is written again; {self._lost} lines are missing")
            self._lost = 0

    def _append(self, line: bytes) -> None:
        if not self._regular:
            self._write(line)
            return
        size = os.fstat(self._file).st_size
        if size and size + len(line) > LARGEST:
            self._rotate()
            size = os.fstat(self._file).st_size
        try:
            self._write(line)
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise

    def _write(self, line: bytes) -> None:
        rest = line
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other writers out, and follow the file where one of them has renamed it."""
        if not self._regular:
            yield
            return
        _lock(self._file)
        while not self._is_current():
            new = self._open()
            os.close(self._file)  # which releases its lock
            self._file = new
            _lock(new)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        """Start another file; go on with this one where there can be none."""
        fresh = self._path.with_name(f".{self._path.name}.next")
        try:
            new = os.open(fresh, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC, 0o640)
        except OSError as error:
            if not self._grows:
                self._warn(f"cannot start another {self._path} ({error.strerror}); it grows on")
            self._grows = True
            return
        _lock(new)
        try:
            for number in range(KEPT, 0, -1):
                with suppress(FileNotFoundError):
                    self._numbered(number - 1).replace(self._numbered(number))
            fresh.replace(self._path)
        except OSError:
            os.close(new)
            raise
        os.close(self._file)
        self._file, self._grows = new, False

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path


def _lock(file: int) -> None:
    """Lock a file; go on without after a second: a writer may be stopped, a file system lack it."""
    for _ in range(100):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return
        else:
            return
