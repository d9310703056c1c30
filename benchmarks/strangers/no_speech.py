"""Sounds that are no speech, and speech: which of them the shipped model answers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed

import edge_ser
from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioSignal, Source
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

_SECONDS = 5
_SYNTHETIC = ("silence", "white noise", "pink noise", "hum", "chord", "melody", "siren")


def measure(
    model: str, sounds: Path, speech: Sequence[Path], jobs: int, console: Console
) -> dict[str, Any]:
    """Classify every sound and every clip through the product's stream.

    Returns:
        Kind of sound to (files, files with an emotion, at any threshold).
    """
    files = sorted(path for path in sounds.rglob("*.ogg"))
    work = [(f"{path.parent.name}: {path.stem.rpartition('_')[0]}", str(path)) for path in files]
    work += [("synthetic", name) for name in _SYNTHETIC]
    work += [("speech", str(path)) for path in speech]
    counts: dict[str, list[int]] = {}
    with progress(console, "sounds", len(work)) as advance:
        calls = (delayed(_answered)(model, name) for _, name in work)
        found = Parallel(n_jobs=jobs, batch_size=16, return_as="generator")(calls)
        for (kind, _), answered in zip(work, found, strict=True):
            count = counts.setdefault(kind, [0, 0])
            count[0] += 1
            count[1] += answered
            advance()
    return {"model": model, "counts": counts}


_load = lru_cache(maxsize=1)(edge_ser.load)  # once in each process


def _answered(model: str, name: str) -> bool:
    recognizer = _load(model)
    source: Source = _synthetic(name) if name in _SYNTHETIC else AudioFile(name)
    return bool(recognizer.classify_source(source, 0.0).utterances)


def _synthetic(name: str) -> AudioSignal:
    """Make five seconds of a sound by its name."""
    from train.conditions.noise import pink, white

    random = np.random.default_rng(0)
    count = _SECONDS * SAMPLING_RATE
    t = np.arange(count) / SAMPLING_RATE
    notes = 220 * 2 ** (np.array([0, 4, 7, 12, 7, 4])[(2 * t).astype(int) % 6] / 12)
    signals = {
        "silence": np.zeros(count),
        "white noise": white(count, random),
        "pink noise": pink(count, random),
        "hum": np.sin(2 * np.pi * 100 * t) + 0.3 * np.sin(2 * np.pi * 200 * t),
        "chord": sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330)),
        "melody": np.sin(2 * np.pi * np.cumsum(notes) / SAMPLING_RATE),
        "siren": np.sin(2 * np.pi * np.cumsum(700 + 300 * np.sin(np.pi * t)) / SAMPLING_RATE),
    }
    signal = signals[name]
    return AudioSignal(0.1 * signal / max(np.abs(signal).max(), 1e-9), SAMPLING_RATE)
