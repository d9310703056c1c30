"""Segmentation of a stream of samples into speech segments with their nodes."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.features import FeatureSet, FeatureStream
from edge_ser.features.sets import F0, LLD_FRAME, LOUDNESS
from edge_ser.speech.endpointer import Endpointer
from edge_ser.speech.gate import WARM_UP, SpeechGate
from edge_ser.speech.recent import RecentAudio
from edge_ser.speech.segment import Segmenter, SpeechSegment
from edge_ser.windows import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

LEAD_IN = 0.5
"""Seconds of digital silence added before and after every source."""


_GAIN = np.float32(16 / 32767)
"""From int16 to full scale, and 24 dB more: openSMILE finds no pitch below -60 dBFS, where the
speech of a quiet microphone lies."""


class _Pending(NamedTuple):
    """A segment that waits for its last vector; times in seconds of this openSMILE run."""

    start: float
    end: float
    decided: float
    final: bool
    utterance: float  # start of the whole utterance


class SpeechSegmenter(Segmenter):
    """Segmenter that finds speech segments in a stream of samples and computes their nodes.

    Half a second of digital silence is added before and after every stream, so that a file that
    starts or ends in the middle of a word is treated like a microphone that was already open.

    Args:
        features: feature set of the nodes.
        hop: seconds between two segments of an unfinished utterance; None: only whole utterances.
        gate: hears every candidate, and leaves out what is no speech; None to leave out nothing.
    """

    def __init__(
        self, features: FeatureSet, hop: float | None = None, gate: SpeechGate | None = None
    ) -> None:
        super().__init__(features, hop)
        self._gate = gate
        self._stream = FeatureStream(features)
        self._begin(0.0)

    def _begin(self, offset: float) -> None:
        self._place(offset)
        self._endpointer = Endpointer()
        self._pending: deque[_Pending] = deque()
        self._audio = RecentAudio(LEAD_IN)
        self._gated: tuple[float, float] | None = None  # start of an utterance, and heard up to
        self._next_tick = 0.0
        self._vectors: list[NDArray[np.float32]] = []
        self._first_vector = 0
        self._ended = False
        self._stream.write(np.zeros(round(LEAD_IN * SAMPLING_RATE), np.int16))

    def _place(self, offset: float) -> None:
        self._arrive(offset)
        self._offset = offset - LEAD_IN  # time in the source of frame 0 of this openSMILE run

    def _hear(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        self._stream.write(_GAIN * samples)
        if self._gate:
            self._audio.append(samples)
        return self._collect()

    def _end(self) -> list[SpeechSegment]:
        self._stream.write(np.zeros(round(LEAD_IN * SAMPLING_RATE), np.int16))
        self._stream.finish()
        self._ended = True
        return self._collect()

    def restart(self, offset: float) -> None:
        """Discard everything and start again ``offset`` seconds into the source."""
        if self._untouched:
            self._place(offset)
        else:
            self._stream.reset()
            self._begin(offset)

    def close(self) -> None:
        """Release openSMILE."""
        self._stream.close()

    @property
    def names(self) -> tuple[str, ...]:
        """OpenSMILE's names of the d values of a vector."""
        return self._stream.names

    def _collect(self) -> list[SpeechSegment]:
        lld, vectors = self._stream.read()
        if self.on_descriptors:
            self.on_descriptors(lld)
        self._vectors.extend(vectors)
        for loudness, f0 in lld[:, [LOUDNESS, F0]].tolist():
            self._follow(loudness, f0)
        if self._ended and (found := self._endpointer.close()):
            self._pending.append(
                _Pending(found.start, found.end, self._endpointer.time, True, found.start)
            )
        ready = self._deliver()
        self._trim()
        return ready

    def _follow(self, loudness: float, f0: float) -> None:
        endpointer = self._endpointer
        found = endpointer.push(loudness, f0)
        now = endpointer.time
        if found:
            self._pending.append(_Pending(found.start, found.end, now, True, found.start))
        if self._hop is None:
            return
        start = endpointer.start
        if start is None:
            self._next_tick = now + self._hop
        elif now >= self._next_tick and not endpointer.pausing:
            self._pending.append(_Pending(max(start, now - WINDOW), now, now, False, start))
            self._next_tick = now + self._hop

    def _deliver(self) -> list[SpeechSegment]:
        """Return the pending segments whose last vector has arrived."""
        ready = []
        reached = self.features.centre(self._first_vector + len(self._vectors))
        while self._pending and (self._ended or reached > self._pending[0].end):
            pending = self._pending.popleft()
            if not self._is_speech(pending):
                if pending.final:
                    start, end = (t + self._offset for t in pending[:2])
                    _log.info("no speech from %.2f to %.2f s, says the gate", start, end)
                continue
            start, end = pending.start, pending.end
            # the silence that was added is not part of the utterance
            start = max(start, LEAD_IN)
            end = min(end + self._offset, self._seconds) - self._offset
            rows = self._between(start, end)
            if rows.stop > rows.start:
                needed = max(pending.decided + LLD_FRAME, end + self.features.frame / 2)
                newest = min(needed + self._offset, self._seconds)
                ready.append(
                    SpeechSegment(
                        start=start + self._offset,
                        end=end + self._offset,
                        values=np.array(self._vectors[rows], np.float32),
                        first=self.features.centre(self._first_vector + rows.start) + self._offset,
                        newest=newest,
                        final=pending.final,
                    )
                )
        return ready

    def _is_speech(self, pending: _Pending) -> bool:
        """Ask the gate about the utterance up to the end of the segment."""
        if self._gate is None:
            return True
        if pending.final:
            self._gated = None
            whole = self._audio.between(pending.utterance - WARM_UP, pending.end)
            return self._gate.is_speech(whole)
        if self._gated is None or self._gated[0] != pending.utterance:
            self._gate.begin()
            self._gated = pending.utterance, pending.utterance - WARM_UP
        self._gate.push(self._audio.between(self._gated[1], pending.end))
        self._gated = pending.utterance, pending.end
        return self._gate.open

    def _between(self, start: float, end: float) -> slice:
        centres = self.features.centre(self._first_vector) + self.features.step * np.arange(
            len(self._vectors)
        )
        first, stop = np.searchsorted(centres, [start - 1e-9, end + 1e-9])
        return slice(int(first), int(stop))

    def _trim(self) -> None:
        """Discard the vectors that no segment can need any more."""
        starts = [pending.utterance for pending in self._pending]
        earliest = min([self._endpointer.earliest, *starts])
        self._audio.trim(earliest - WARM_UP)
        old = int((earliest - self.features.centre(self._first_vector)) / self.features.step) - 1
        if old > 0:
            old = min(old, len(self._vectors))
            del self._vectors[:old]
            self._first_vector += old
