"""Cache of named arrays on disk, computed once in parallel processes."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs
from joblib import Parallel, delayed
from numpy.typing import NDArray

from edge_ser.errors import EdgeSerError
from train.progress import progress

if TYPE_CHECKING:
    from rich.console import Console

Arrays = dict[str, NDArray[Any]]
Key = Sequence[str]
"""Everything that the arrays depend on."""
Task = Callable[[], tuple[Arrays, float]]
"""Compute the arrays; return them and the seconds of audio processed. Must be picklable."""


@dataclass(frozen=True)
class Cache:
    """A folder of computed arrays, one file per key.

    Args:
        folder: parent of the files.
        jobs: number of processes.
        console: shows a progress bar, if it is a terminal, and a line about the speed.
    """

    folder: Path
    jobs: int
    console: Console

    @classmethod
    def open(cls, folder: str | Path | None, jobs: int, console: Console) -> Cache:
        """Open ``folder``, or ``EDGE_SER_CACHE``, or the user's cache folder."""
        usual = os.environ.get("EDGE_SER_CACHE") or platformdirs.user_cache_dir("edge-ser")
        return cls(folder=Path(folder or usual), jobs=jobs, console=console)

    def get(self, wanted: Sequence[tuple[Key, Task]], title: str) -> list[Arrays]:
        """Return the arrays of every key; run the tasks of those that are missing.

        Unreadable files are computed again.

        Args:
            wanted: keys, and the tasks that compute their arrays.
            title: what is computed, for the console.

        Raises:
            EdgeSerError: a task raises it, or the disk is full.
        """
        files = [self.folder / _name(key) for key, _ in wanted]
        found = [_load(file) for file in files]
        missing = [i for i, arrays in enumerate(found) if arrays is None]
        if missing:
            began = time.perf_counter()
            seconds = self._make([(files[i], wanted[i][1]) for i in missing], title)
            elapsed = time.perf_counter() - began
            self.console.print(
                f"{title}: {len(missing)} of {len(wanted)} clips, {seconds:.0f} s of audio "
                f"in {elapsed:.0f} s: {seconds / elapsed:.0f} × real time",
                soft_wrap=True,
            )
        return [_reload(files[i]) if arrays is None else arrays for i, arrays in enumerate(found)]

    def _make(self, tasks: Sequence[tuple[Path, Task]], title: str) -> float:
        """Run the tasks; return the seconds of audio processed."""
        seconds = 0.0
        parallel = Parallel(n_jobs=self.jobs, return_as="generator_unordered")
        with progress(self.console, title, len(tasks)) as advance:
            for duration in parallel(delayed(_store)(*task) for task in tasks):
                seconds += duration
                advance()
        return seconds


def _name(key: Key) -> str:
    digest = sha256(json.dumps(list(key)).encode()).hexdigest()
    return f"{digest[:2]}/{digest}.npz"


def _load(file: Path) -> Arrays | None:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None  # cut short or damaged: computed again


def _reload(file: Path) -> Arrays:
    arrays = _load(file)
    if arrays is None:
        raise EdgeSerError(f"{file}: cannot be read back; is the disk of the cache full?")
    return arrays


def _store(file: Path, task: Task) -> float:
    arrays, seconds = task()
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.partial")
    with unfinished.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
    unfinished.replace(file)
    return seconds
