"""What was computed from the audio, kept on disk: computed once, in parallel processes."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import platformdirs
from joblib import Parallel, delayed
from numpy.typing import NDArray
from rich.console import Console

from edge_ser.audio import SAMPLING_RATE
from edge_ser.errors import EdgeSerError
from train import augment, voices
from train.corpora import Row
from train.corpora.audio import samples
from train.progress import progress

Arrays = dict[str, NDArray]
Compute = Callable[[NDArray[np.int16]], Arrays]
"""From (n,) samples at 16 kHz to named arrays; must be picklable."""


@dataclass(frozen=True)
class _Clip:
    """A row, its :func:`clip_hash`, and the clips that babble behind it."""

    row: Row
    digest: str
    behind: tuple[_Clip, ...] = ()


_Make = Callable[[_Clip], tuple[Arrays, float]]
"""From a clip to named arrays and the seconds of audio heard."""


@dataclass(frozen=True)
class Cache:
    """Where computed arrays are kept, and how missing ones are made.

    Args:
        folder: one file a clip, variant and kind of arrays below it.
        jobs: processes.
        console: gets a progress bar, if it is a terminal, and a line about the speed.
    """

    folder: Path
    jobs: int
    console: Console

    @classmethod
    def open(cls, folder: str | Path | None, jobs: int, console: Console) -> Cache:
        """In ``folder``, or ``EDGE_SER_CACHE``, or the user's cache folder."""
        usual = os.environ.get("EDGE_SER_CACHE") or platformdirs.user_cache_dir("edge-ser")
        return cls(Path(folder or usual), jobs, console)

    def get(self, rows: Sequence[Row], variant: str, kind: str, compute: Compute) -> list[Arrays]:
        """``compute`` of every row's audio, from the cache where it is there already.

        Args:
            rows: the clips; babble is made of them too, see :mod:`train.voices`.
            variant: how to alter them first, see :mod:`train.augment`.
            kind: names ``compute`` and its version in the keys.
            compute: called with the altered samples, in another process.

        Returns:
            What ``compute`` returned, in the order of ``rows``. A file of the cache that cannot
            be read is made again.

        Raises:
            EdgeSerError: an audio file cannot be used, or there is no such variant of these rows.
        """
        return self._get(rows, variant, kind, partial(_heard, variant=variant, compute=compute))

    def faults(self, rows: Sequence[Row]) -> list[str]:
        """Why each row's audio cannot be used; empty where it can.

        Every clip is decoded to its end, once: the cache remembers the outcome.

        Raises:
            EdgeSerError: a file cannot be read at all: it is not there, or not allowed.
        """
        found = self._get(rows, augment.CLEAN, "readable/1", _tried)
        return [str(arrays["fault"]) for arrays in found]

    def _get(self, rows: Sequence[Row], variant: str, kind: str, make: _Make) -> list[Arrays]:
        clips = [_Clip(row, clip_hash(row)) for row in rows]
        if augment.babbles(variant):
            chosen = voices.choose(rows, [clip.digest for clip in clips])
            clips = [
                replace(clip, behind=tuple(clips[place] for place in places))
                for clip, places in zip(clips, chosen, strict=True)
            ]
        files = [self.folder / _name(clip, variant, kind) for clip in clips]
        found = [_load(file) for file in files]
        missing = [i for i, arrays in enumerate(found) if arrays is None]
        if missing:
            began = time.perf_counter()
            tasks = [(clips[i], files[i], make) for i in missing]
            seconds = self._make(tasks, f"{kind}, {variant}")
            elapsed = time.perf_counter() - began
            self.console.print(
                f"{kind}, {variant}: {len(missing)} of {len(rows)} clips, {seconds:.0f} s of audio "
                f"in {elapsed:.0f} s: {seconds / elapsed:.0f} × real time",
                soft_wrap=True,
            )
        return [_reload(files[i]) if arrays is None else arrays for i, arrays in enumerate(found)]

    def _make(self, tasks: Sequence[tuple[_Clip, Path, _Make]], title: str) -> float:
        """Runs the tasks; returns the seconds of audio they have heard."""
        seconds = 0.0
        parallel = Parallel(n_jobs=self.jobs, return_as="generator_unordered")
        with progress(self.console, title, len(tasks)) as advance:
            for duration in parallel(delayed(_compute)(*task) for task in tasks):
                seconds += duration
                advance()
        return seconds


def clip_hash(row: Row) -> str:
    """Names the row's audio: SHA-256 of the file's bytes, and what is cut out of it."""
    return f"{_file_hash(row.path)}[{row.start}:{row.end}]"


@lru_cache(maxsize=100_000)  # rows may be pieces of one long file
def _file_hash(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise EdgeSerError(f"{path}: cannot be read ({error.strerror})") from error


def _name(clip: _Clip, variant: str, kind: str) -> str:
    altered = variant if variant == augment.CLEAN else f"{variant}/{augment.VERSION}"
    parts = [clip.digest, altered, kind, *(other.digest for other in clip.behind)]
    key = sha256(json.dumps(parts).encode()).hexdigest()
    return f"{key[:2]}/{key}.npz"


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


def _compute(clip: _Clip, file: Path, make: _Make) -> float:
    arrays, seconds = make(clip)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.partial")
    with unfinished.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]
    unfinished.replace(file)
    return seconds


def _heard(clip: _Clip, variant: str, compute: Compute) -> tuple[Arrays, float]:
    behind = [samples(other.row) for other in clip.behind]
    heard = augment.apply(samples(clip.row), variant, clip.digest, behind)
    return compute(heard), len(heard) / SAMPLING_RATE


def _tried(clip: _Clip) -> tuple[Arrays, float]:
    try:
        seconds = len(samples(clip.row)) / SAMPLING_RATE
    except EdgeSerError as error:
        # without its name: the same bytes may lie elsewhere too
        fault = str(error).replace(str(clip.row.path), "").lstrip(" :")
        return {"fault": np.array(fault)}, 0.0
    return {"fault": np.array("")}, seconds
