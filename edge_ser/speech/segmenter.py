"""From blocks of samples to speech segments: an utterance, or what has been said of it so far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio import SAMPLING_RATE
from edge_ser.features import FeatureSet, FeatureStream
from edge_ser.features.sets import F0, LLD_FRAME, LOUDNESS
from edge_ser.speech.endpointer import Endpointer
from edge_ser.windows import WINDOW

LEAD_IN = 0.5
"""Seconds of digital silence before and after every source."""


@dataclass(frozen=True)
class SpeechSegment:
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


class SpeechSegmenter:
    """Find the speech segments of a stream of samples, and their nodes by openSMILE.

    Half a second of digital silence leads every stream in and out, so that a file that begins or
    ends in the middle of a word is treated like a microphone that was open before and after.

    Args:
        features: what the nodes are made of.
        hop: seconds between two segments of an unfinished utterance; None for none at all.
    """

    def __init__(self, features: FeatureSet, hop: float | None = None) -> None:
        self.features = features
        self._hop = hop
        self._stream = FeatureStream(features)
        self._begin(0.0)

    def _begin(self, offset: float) -> None:
        self._place(offset)
        self._endpointer = Endpointer()
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

    def push(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        """Take (n,) int16 samples; return the segments that are complete by now, in order."""
        if len(samples) == 0:
            return []
        self._untouched = False
        self._seconds += len(samples) / SAMPLING_RATE
        self._stream.write(samples)
        return self._collect()

    def finish(self) -> list[SpeechSegment]:
        """End the stream; return what was still open."""
        if self._untouched:
            return []
        self._stream.write(np.zeros(round(LEAD_IN * SAMPLING_RATE), np.int16))
        self._stream.finish()
        self._ended = True
        return self._collect()

    def restart(self, offset: float) -> None:
        """Forget everything and start afresh ``offset`` seconds into the source."""
        if self._untouched:
            self._place(offset)
        else:
            self._stream.reset()
            self._begin(offset)

    def close(self) -> None:
        """Release openSMILE."""
        self._stream.close()

    def __enter__(self) -> SpeechSegmenter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _collect(self) -> list[SpeechSegment]:
        lld, vectors = self._stream.read()
        self._vectors.extend(vectors)
        for loudness, f0 in lld[:, [LOUDNESS, F0]].tolist():
            self._follow(loudness, f0)
        if self._ended and (found := self._endpointer.close()):
            self._pending.append((found.start, found.end, self._endpointer.time, True))
        ready = self._deliver()
        self._trim()
        return ready

    def _follow(self, loudness: float, f0: float) -> None:
        endpointer = self._endpointer
        found = endpointer.push(loudness, f0)
        now = endpointer.time
        if found:
            self._pending.append((found.start, found.end, now, True))
        if self._hop is None:
            return
        start = endpointer.start
        if start is None:
            self._next_tick = now + self._hop
        elif now >= self._next_tick and not endpointer.pausing:
            self._pending.append((max(start, now - WINDOW), now, now, False))
            self._next_tick = now + self._hop

    def _deliver(self) -> list[SpeechSegment]:
        """The pending segments whose last vector has arrived."""
        ready = []
        reached = self.features.centre(self._first_vector + len(self._vectors))
        while self._pending and (self._ended or reached > self._pending[0][1]):
            start, end, decided, final = self._pending.popleft()
            # what the source never gave is not part of the utterance
            start = max(start + self._offset, 0.0) - self._offset
            end = min(end + self._offset, self._seconds) - self._offset
            values = self._between(start, end)
            if len(values):
                needed = max(decided + LLD_FRAME, end + self.features.frame / 2)
                newest = min(needed + self._offset, self._seconds)
                ready.append(
                    SpeechSegment(
                        start=start + self._offset,
                        end=end + self._offset,
                        values=values,
                        newest=newest,
                        final=final,
                    )
                )
        return ready

    def _between(self, start: float, end: float) -> NDArray[np.float32]:
        centres = self.features.centre(self._first_vector) + self.features.step * np.arange(
            len(self._vectors)
        )
        first, stop = np.searchsorted(centres, [start - 1e-9, end + 1e-9])
        return np.array(self._vectors[first:stop], np.float32).reshape(-1, self.features.dimension)

    def _trim(self) -> None:
        """Forget the vectors that no segment can ask for any more."""
        earliest = min([self._endpointer.earliest, *(start for start, *_ in self._pending)])
        old = int((earliest - self.features.centre(self._first_vector)) / self.features.step) - 1
        if old > 0:
            old = min(old, len(self._vectors))
            del self._vectors[:old]
            self._first_vector += old
