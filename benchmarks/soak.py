"""Soak test: hours of speech through `edge-ser listen` with injected faults.

    python -m benchmarks.soak [--hours 8] --corpora DIR

The command itself runs, as fast as it can, on a source in place of the microphone: clips of the
corpora with pauses between them, and a fault every half minute: lost audio, a microphone that is
lost and comes back, full-scale garbage, and a model that raises, returns NaN or is slow. The test
passes if the command does not end early; memory, threads and open files stay constant; and every
utterance that is found in a clip alone is also found here, unless audio near it was lost or spoilt.
An utterance that the model failed to score must be reported.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import sys
import tempfile
import threading
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from rich.console import Console

import edge_ser.audio
from benchmarks import CORPORA, RESULTS
from benchmarks.speed import machine
from edge_ser import cli, recognizer
from edge_ser.audio import SAMPLING_RATE, AudioFile, Block, Status
from edge_ser.backends import Backend, open_backend
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from edge_ser.bundle import Bundle

_MODEL = ("model raises", "no number", "slow model")
FAULTS = ("lost audio", "lost microphone", "garbage", *_MODEL)
EVERY = 30.0
"""Seconds between two faults."""
PAUSE = 1.2
"""Seconds between two clips."""
MARGIN = 1.5
"""Seconds around a fault in which nothing is expected."""
GROWTH = 5.0
"""Largest growth of memory after the first tenth, in MB."""
SHORT = 0.5
"""Seconds from which on an utterance is expected. The speech gate asks for 0.3 s of speech: in less
than half a second a chunk more or less decides, and so does what was heard before."""
_CLIPS = 60
_BLOCK = 512


Usage = tuple[float, int, int]
"""MB of memory, threads, open files."""


@dataclass
class Faulty:
    """A source that plays clips, injects faults and records the times of both.

    Args:
        clips: samples of each clip.
        seconds: duration.
        advance: called with the seconds of every block.
        seed: random seed.
    """

    clips: Sequence[NDArray[np.int16]]
    seconds: float
    advance: Any
    seed: int = 0
    name: str = "soak"
    now: float = 0.0
    trouble: str = ""
    """Fault of the model at its next window."""
    played: array[float] = field(default_factory=lambda: array("d"))
    """Number, begin and end of every clip; packed, since its memory is measured too."""
    faults: list[tuple[str, float, float]] = field(default_factory=list)
    early: Usage = (0.0, 0, 0)
    """Usage after a tenth of the time."""
    late: Usage = (0.0, 0, 0)

    def __enter__(self) -> Faulty:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __iter__(self) -> Iterator[Block]:
        chance = random.Random(self.seed)
        noise = np.random.default_rng(self.seed)
        pause = noise.normal(0, 3, round(PAUSE * SAMPLING_RATE)).astype(np.int16)
        due = EVERY
        while self.now < self.seconds:
            number = chance.randrange(len(self.clips))
            begin = self.now
            for samples in _blocks(np.concatenate([self.clips[number], pause])):
                yield self._block(samples)
                if self.now > due:
                    due += EVERY * chance.uniform(0.5, 1.5)
                    yield from self._fault(chance, noise)
            self.played.extend((number, begin, self.now - PAUSE))
            process = psutil.Process()
            memory = process.memory_info().rss / 1e6
            self.late = (memory, threading.active_count(), process.num_fds())
            if self.now <= self.seconds / 10:
                self.early = self.late

    def _block(self, samples: NDArray[np.int16], **fields: Any) -> Block:
        self.now += (len(samples) + fields.get("lost", 0)) / SAMPLING_RATE
        self.advance(len(samples) / SAMPLING_RATE)
        return Block(samples, time.monotonic(), **fields)

    def _fault(self, chance: random.Random, noise: np.random.Generator) -> Iterator[Block]:
        kind, begin = chance.choice(FAULTS), self.now
        nothing = np.zeros(0, np.int16)
        if kind == "lost audio":
            silence = noise.integers(-9, 9, _BLOCK, np.int16)
            yield self._block(silence, lost=chance.randrange(1, 80_000))
        elif kind == "lost microphone":
            gone = SAMPLING_RATE // 2
            yield self._block(nothing, lost=3 * SAMPLING_RATE, status=Status("lost", "it is gone"))
            for _ in range(chance.randrange(20)):
                yield self._block(nothing, lost=gone)
            yield self._block(nothing, lost=gone, status=Status("back", "it is back"))
        elif kind == "garbage":
            garbage = (
                noise.integers(-32768, 32768, SAMPLING_RATE, np.int16),
                np.tile(np.array([32767, -32768], np.int16), SAMPLING_RATE // 2),
                np.full(SAMPLING_RATE, 32767, np.int16),
            )
            for samples in _blocks(chance.choice(garbage)):
                yield self._block(samples)
        else:
            self.trouble = kind  # takes effect, and is counted, when speech is scored
            return
        self.faults.append((kind, begin, self.now))


class Troubled:
    """A backend with the faults that its source asks for."""

    def __init__(self, backend: Backend, source: Faulty) -> None:
        self._backend = backend
        self._source = source

    def __call__(
        self, x: NDArray[np.float32], a_hat: NDArray[np.float32] | None
    ) -> NDArray[np.float32]:
        """Compute the logits, with the fault of the source if there is one."""
        trouble, self._source.trouble = self._source.trouble, ""
        if trouble:
            self._source.faults.append((trouble, self._source.now, self._source.now))
        if trouble == "model raises":
            raise RuntimeError("out of memory")
        logits = self._backend(x, a_hat)
        if trouble == "slow model":
            time.sleep(0.2)
        return logits * np.nan if trouble == "no number" else logits


def _blocks(samples: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
    yield from np.split(samples, range(_BLOCK, len(samples), _BLOCK))


def listen(source: Faulty, output: Path) -> int:
    """Run `edge-ser listen --json --output FILE` on the source; return its exit code."""

    def opened(bundle: Bundle, backend: str) -> Backend:
        return Troubled(open_backend(bundle, backend), source)

    microphone, opener = edge_ser.audio.SteadyMicrophone, open_backend
    stdout = sys.stdout
    edge_ser.audio.SteadyMicrophone = lambda *_: source  # type: ignore[assignment,misc]
    recognizer.open_backend = opened  # type: ignore[attr-defined]
    try:
        with Path(os.devnull).open("w") as nowhere:
            sys.stdout = nowhere
            return cli.main(["listen", "--json", "--output", str(output)])
    finally:
        edge_ser.audio.SteadyMicrophone = microphone  # type: ignore[misc]
        recognizer.open_backend, sys.stdout = opener, stdout  # type: ignore[attr-defined]


def expected(clips: Sequence[NDArray[np.int16]]) -> list[list[tuple[float, float]]]:
    """Find start and end of each clip's utterances, but short ones, when it is played alone."""
    model = recognizer.load("cogcn")
    quiet = np.zeros(round(PAUSE * SAMPLING_RATE), np.int16)
    found = [
        model.classify(np.concatenate([quiet, clip, quiet]), SAMPLING_RATE).utterances
        for clip in clips
    ]
    return [
        [(u.start - PAUSE, u.end - PAUSE) for u in utterances if u.end - u.start >= SHORT]
        for utterances in found
    ]


def judge(
    source: Faulty,
    wanted: Sequence[Sequence[tuple[float, float]]],
    events: Sequence[dict[str, Any]],
    code: int,
) -> dict[str, Any]:
    """Compare the events with the expected utterances, and report."""
    spoilt = [fault[1:] for fault in source.faults if fault[0] not in _MODEL]
    troubled = np.array(spoilt or [(-9e9, -9e9)])
    heard = [found for event in events if (found := _speech(event))]
    utterances = np.reshape(heard, (-1, 2))
    clean, missing = 0, []
    played = np.reshape(source.played, (-1, 3))
    for number, begin, end in played.tolist():
        if ((troubled[:, 0] < end + MARGIN) & (troubled[:, 1] > begin - MARGIN)).any():
            continue
        for start, stop in wanted[int(number)]:
            clean += 1
            overlaps = (utterances[:, 0] < begin + stop) & (utterances[:, 1] > begin + start)
            if not overlaps.any():
                missing.append({"clip": int(number), "at": round(begin + start, 2)})
    early, late = source.early, source.late
    report = {
        "hours": round(source.now / 3600, 3),
        "exit_code": code,
        "clips": len(played),
        "faults": dict(Counter(kind for kind, _, _ in source.faults)),
        "statuses": dict(Counter(e["status"] for e in events if e["type"] == "status")),
        "utterances": len(utterances),
        "expected_between_faults": clean,
        "missing_between_faults": missing,
        "memory_mb": [round(early[0], 1), round(late[0], 1)],
        "threads": [early[1], late[1]],
        "files": [early[2], late[2]],
    }
    report["passed"] = (
        code == 0 and not missing and late[0] - early[0] <= GROWTH and early[1:] == late[1:]
    )
    return report


def _speech(event: dict[str, Any]) -> tuple[float, float] | None:
    """Return start and end of an utterance, or of speech that could not be scored."""
    if event["type"] == "utterance":
        return event["start"], event["end"]
    told = re.match(r"speech from ([\d.]+) to ([\d.]+) s", event["message"])
    return (float(told[1]), float(told[2])) if told else None


def soak(corpora: Path, hours: float, console: Console) -> dict[str, Any]:
    """Run the soak test on clips drawn from the corpora; return the report."""
    files = [sorted((corpora / name).rglob("*.flac")) for name in CORPORA]
    chance = random.Random(0)
    drawn = [chance.choice(files[i % len(files)]) for i in range(_CLIPS)]
    clips = [np.concatenate([b.samples for b in AudioFile(path)]) for path in drawn]
    wanted = expected(clips)
    with (
        tempfile.TemporaryDirectory() as folder,
        progress(console, "soak: minutes", round(hours * 60)) as advance,
    ):
        left = [60.0]

        def counted(seconds: float) -> None:
            left[0] -= seconds
            if left[0] < 0:
                left[0] += 60
                advance()

        output = Path(folder) / "events.jsonl"
        source = Faulty(clips, 3600 * hours, counted)
        begin = time.process_time()
        code = listen(source, output)
        report = judge(source, wanted, list(_events(output)), code)
        report["processor_seconds"] = round(time.process_time() - begin)
    return report


def _events(output: Path) -> Iterator[dict[str, Any]]:
    for file in (*sorted(output.parent.glob(f"{output.name}.*"), reverse=True), output):
        for line in file.read_text().splitlines():
            yield json.loads(line)


def main() -> None:
    """Run the test and write ``results/soak.json``; exit with 1 if it failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=default, required=default is None)
    parser.add_argument("--hours", type=float, default=8.0)
    args = parser.parse_args()
    report = soak(args.corpora, args.hours, Console(stderr=True))
    report |= {"command": f"python -m benchmarks.soak --hours {args.hours:g}"}
    report |= machine("numpy", "opensmile")
    text = json.dumps(report, indent=1)
    (RESULTS / "soak.json").write_text(text + "\n")
    print(text)
    sys.exit(0 if report["passed"] else 1)


if __name__ == "__main__":
    main()
