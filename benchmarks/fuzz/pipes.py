"""Fuzzing of pipes and growing files: what is heard is what was written, or an error of one line.

    python -m benchmarks.fuzz.pipes [--cases 20000]

Another thread writes in pieces of any size, with pauses, and sometimes ends early.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from benchmarks.fuzz import cases
from benchmarks.fuzz.damage import damage
from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioPipe
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_ser.audio import Source

KINDS = ("WAV in a pipe", "raw samples in a pipe", "damaged WAV in a pipe", "a growing WAV file")
_LONGEST = 8000  # samples
_PAUSE = 0.002  # seconds


def kind(number: int) -> str:
    """Return what a case writes."""
    return KINDS[number % len(KINDS)]


def run(number: int, folder: Path) -> str:
    """Write and read, seeded by the case number.

    Returns:
        ``exact``: all samples that were written, or the first of them where the writer ended early
        or the file was still growing; ``other``: samples of a damaged file; ``error``; or a defect.
    """
    random = Random(number)
    written = soundfile.read(DEMO, random.randrange(1, _LONGEST), 20_000, dtype="int16")[0]
    path, wav = folder / f"{number}", folder / f"{number}.wav"
    soundfile.write(wav, written, SAMPLING_RATE, subtype="PCM_16")
    content = wav.read_bytes()
    wav.unlink()
    source: Source = AudioPipe(path)
    if kind(number) == KINDS[1]:
        content, source = content[44:], AudioPipe(path, SAMPLING_RATE)
    elif kind(number) == KINDS[2]:
        content = damage("clip.wav", content, random)
    elif kind(number) == KINDS[3]:
        source = AudioFile(path)
        path.write_bytes(content[:46])
        content = content[46:]
    if isinstance(source, AudioPipe):
        os.mkfifo(path)
    if early := random.random() < 0.3:
        content = content[: random.randrange(len(content) + 1)]
    writer = threading.Thread(target=_write, args=(path, list(_pieces(content, random))))
    writer.start()
    try:
        found = np.concatenate([block.samples for block in source])
    except EdgeSerError as error:
        fine = early or kind(number) == KINDS[2]
        return "error" if fine and "\n" not in str(error) else f"an error: {error}"
    except Exception as error:  # noqa: BLE001 - what should not happen is counted
        return f"{type(error).__name__}: {error}"
    finally:
        writer.join()
        path.unlink()
    if np.array_equal(found, written[: len(found)]):
        whole = len(found) == len(written) or early or kind(number) == KINDS[3]
        return "exact" if whole or kind(number) == KINDS[2] else f"{len(found)} samples only"
    return "other" if kind(number) == KINDS[2] else "other samples"


def _pieces(content: bytes, random: Random) -> Iterator[tuple[bytes, float]]:
    """Cut into pieces, each with a pause behind it."""
    begin = 0
    while begin < len(content):
        length = random.choice((1, 3, 44, 512, 4096, random.randrange(1, 20_000)))
        yield content[begin : begin + length], random.choice((0.0, 0.0, _PAUSE))
        begin += length


def _write(path: Path, pieces: list[tuple[bytes, float]]) -> None:
    with contextlib.suppress(BrokenPipeError), path.open("ab", buffering=0) as stream:
        for piece, pause in pieces:
            stream.write(piece)
            time.sleep(pause)


SUITE = cases.Suite(
    "benchmarks.fuzz.pipes",
    "Pipes and growing files",
    "Exact: the samples that were written, or the first of them where the writer ended early or "
    "the file was still growing. Other: those of a damaged file. Error: in one line.",
    run,
    kind,
    KINDS,
    ("exact", "other", "error"),
)

if __name__ == "__main__":
    cases.main(SUITE, __doc__, 20_000)
