"""From blocks of audio to the nodes of utterances: the one way for training, files, microphone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio import SAMPLING_RATE, Block
from edge_ser.features import FeatureSet, FeatureStream
from edge_ser.features.sets import LLD_WINDOW
from edge_ser.utterances import UtteranceDetector

VERSION = "1"
"""Raise it whenever the same audio would give other nodes: it is part of every cache key."""

WINDOW = 8.0
"""T: seconds of the longest graph; longer utterances are scored over windows, T / 2 apart."""

LEAD_IN = 0.5
"""Seconds of digital silence before and after every source."""

LOUDNESS, F0 = 0, 10
"""Columns of the eGeMAPS LLDs."""


@dataclass(frozen=True)
class Stretch:
    """Nodes of an utterance, whole (``final``) or as far as it has been spoken.

    Args:
        start: seconds since the start of the stream.
        end: as ``start``.
        values: (n, d) float32 raw vectors whose centres lie in [start, end].
        newest: seconds since the start of the stream of the newest sample that was needed.
        final: whether the speaker has paused.
    """

    start: float
    end: float
    values: NDArray[np.float32]
    newest: float
    final: bool


class Segmenter:
    """Streams samples through openSMILE and the detector; gives the stretches that come of it.

    Half a second of digital silence leads every stream in and out, so that a file that begins or
    ends in the middle of a word is treated like a microphone that was open before and after.

    Args:
        features: what the nodes are made of.
        hop: seconds between two stretches of an unfinished utterance; None for none at all.
    """

    def __init__(self, features: FeatureSet, hop: float | None = None) -> None:
        self.features = features
        self._hop = hop
        self._stream = FeatureStream(features)
        self._begin(0.0)

    def _begin(self, offset: float) -> None:
        self._place(offset)
        self._detector = UtteranceDetector()
        self._pending: deque[tuple[float, float, float, bool]] = deque()
        self._next_tick = 0.0
        self._vectors: list[NDArray[np.float32]] = []
        self._first_vector = 0
        self._ended = False
        self._untouched = True
        self._stream.write(np.zeros(round(LEAD_IN * SAMPLING_RATE), np.int16))

    def _place(self, offset: float) -> None:
        self._offset = offset - LEAD_IN  # seconds of the source at frame 0 of this openSMILE run
        self._seconds = offset  # end of what the source has given so far

    def push(self, samples: NDArray[np.int16]) -> list[Stretch]:
        """Takes (n,) int16 samples; returns the stretches that are complete by now, in order."""
        if len(samples) == 0:
            return []
        self._untouched = False
        self._seconds += len(samples) / SAMPLING_RATE
        self._stream.write(samples)
        return self._collect()

    def finish(self) -> list[Stretch]:
        """Ends the stream; returns what was still open."""
        if self._untouched:
            return []
        self._stream.write(np.zeros(round(LEAD_IN * SAMPLING_RATE), np.int16))
        self._stream.finish()
        self._ended = True
        return self._collect()

    def restart(self, offset: float) -> None:
        """Forgets everything and starts afresh ``offset`` seconds into the source."""
        if self._untouched:
            self._place(offset)
        else:
            self._stream.reset()
            self._begin(offset)

    def close(self) -> None:
        """Releases openSMILE."""
        self._stream.close()

    def __enter__(self) -> Segmenter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _collect(self) -> list[Stretch]:
        lld, vectors = self._stream.read()
        self._vectors.extend(vectors)
        for loudness, f0 in lld[:, [LOUDNESS, F0]].tolist():
            self._follow(loudness, f0)
        if self._ended and (bounds := self._detector.close()):
            self._pending.append((bounds.start, bounds.end, self._detector.time, True))
        ready = self._deliver()
        self._trim()
        return ready

    def _follow(self, loudness: float, f0: float) -> None:
        detector = self._detector
        bounds = detector.push(loudness, f0)
        now = detector.time
        if bounds:
            self._pending.append((bounds.start, bounds.end, now, True))
        if self._hop is None:
            return
        start = detector.start
        if start is None:
            self._next_tick = now + self._hop
        elif now >= self._next_tick and not detector.pausing:
            self._pending.append((max(start, now - WINDOW), now, now, False))
            self._next_tick = now + self._hop

    def _deliver(self) -> list[Stretch]:
        """The pending stretches whose last vector has arrived."""
        ready = []
        reached = self.features.centre(self._first_vector + len(self._vectors))
        while self._pending and (self._ended or reached > self._pending[0][1]):
            start, end, decided, final = self._pending.popleft()
            # what the source never gave is not part of the utterance
            start = max(start + self._offset, 0.0) - self._offset
            end = min(end + self._offset, self._seconds) - self._offset
            values = self._between(start, end)
            if len(values):
                needed = max(decided + LLD_WINDOW, end + self.features.window / 2)
                newest = min(needed + self._offset, self._seconds)
                ready.append(
                    Stretch(start + self._offset, end + self._offset, values, newest, final)
                )
        return ready

    def _between(self, start: float, end: float) -> NDArray[np.float32]:
        centres = self.features.centre(self._first_vector) + self.features.step * np.arange(
            len(self._vectors)
        )
        first, stop = np.searchsorted(centres, [start - 1e-9, end + 1e-9])
        return np.array(self._vectors[first:stop], np.float32).reshape(-1, self.features.dimension)

    def _trim(self) -> None:
        """Forgets the vectors that no stretch can ask for any more."""
        earliest = min([self._detector.earliest, *(start for start, *_ in self._pending)])
        old = int((earliest - self.features.centre(self._first_vector)) / self.features.step) - 1
        if old > 0:
            old = min(old, len(self._vectors))
            del self._vectors[:old]
            self._first_vector += old


@dataclass(frozen=True)
class Nodes:
    """The utterances of a finite source, as the rows of one matrix.

    Args:
        values: (M, d) float32 raw vectors, utterance after utterance.
        utterances: (start, end) of each, in seconds.
        counts: rows of each.
    """

    values: NDArray[np.float32]
    utterances: list[tuple[float, float]]
    counts: list[int]


def extract(blocks: Iterable[Block], segmenter: Segmenter) -> Nodes:
    """The utterances of a whole finite source and their nodes, as the device would find them.

    Args:
        blocks: the source.
        segmenter: without a hop; it is started afresh, which costs less than another one.
    """
    segmenter.restart(0.0)
    stretches = [s for block in blocks for s in segmenter.push(block.samples)]
    stretches += segmenter.finish()
    empty = np.empty((0, segmenter.features.dimension), np.float32)
    return Nodes(
        np.concatenate([empty, *(s.values for s in stretches)]),
        [(s.start, s.end) for s in stretches],
        [len(s.values) for s in stretches],
    )


def graph_slices(
    count: int, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
) -> list[slice]:
    """How an utterance of ``count`` nodes is cut: whole, or into windows.

    Args:
        count: nodes of the utterance.
        features: what the nodes are made of.
        length: seconds of the longest window.
        step: seconds between the beginnings of two windows.
    """
    size, hop = features.count(length), features.count(step)
    windows = 1 + max(0, -(-(count - size) // hop))
    return [slice(i * hop, min(i * hop + size, count)) for i in range(windows)]


def windows(
    nodes: Nodes, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
) -> list[list[slice]]:
    """For each utterance the rows of ``nodes.values`` that form its graphs."""
    begins = np.cumsum([0, *nodes.counts])
    return [
        [
            slice(begin + s.start, begin + s.stop)
            for s in graph_slices(count, features, length, step)
        ]
        for begin, count in zip(begins[:-1].tolist(), nodes.counts, strict=True)
    ]
