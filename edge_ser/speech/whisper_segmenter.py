"""Segmentation of a stream of samples into speech segments with Whisper's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.features.whisper.nodes import STEP, Utterance
from edge_ser.speech.neural import NeuralEndpointer
from edge_ser.speech.recent import RecentAudio
from edge_ser.speech.segment import Segmenter, SpeechSegment
from edge_ser.windows import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.features import FeatureSet
    from edge_ser.features.whisper.nodes import Encoder

ROOM = 0.4
"""Seconds before and after an utterance in which its nodes may lie: more than the detector's step,
so that the same speech has the same nodes wherever the detector began to count."""


class WhisperSegmenter(Segmenter):
    """Segmenter that needs no openSMILE; see :class:`edge_ser.speech.segmenter.SpeechSegmenter`.

    Args:
        features: feature set of the nodes.
        encoder: computes them.
        hop: seconds between two segments of an unfinished utterance; None: only whole utterances.
    """

    def __init__(self, features: FeatureSet, encoder: Encoder, hop: float | None = None) -> None:
        super().__init__(features, hop)
        self._encoder = encoder
        self.restart(0.0)

    def restart(self, offset: float) -> None:
        """Discard everything and start again ``offset`` seconds into the source."""
        self._arrive(offset)
        self._offset = offset
        self._endpointer = NeuralEndpointer()
        self._audio = RecentAudio(0.0)
        self._next_tick = 0.0
        self._utterance = Utterance(self._encoder)
        self._begun = -1.0

    def _hear(self, samples: NDArray[np.int16]) -> list[SpeechSegment]:
        self._audio.append(samples)
        endpointer = self._endpointer
        found = [self._segment(e.start, e.end, final=True) for e in endpointer.push(samples)]
        now, start = endpointer.time, endpointer.start
        if self._hop is None:
            pass
        elif start is None:
            self._next_tick = now + self._hop
        elif now >= self._next_tick and not endpointer.pausing:
            found.append(self._segment(start, now, final=False))
            self._next_tick = now + self._hop
        self._audio.trim(endpointer.earliest - ROOM)
        return [segment for segment in found if len(segment.values)]

    def _end(self) -> list[SpeechSegment]:
        found = self._endpointer.push(np.zeros(SAMPLING_RATE // 10, np.int16))
        if last := self._endpointer.close():
            found.append(last)
        return [self._segment(e.start, e.end, final=True) for e in found]

    def close(self) -> None:
        """Release nothing: everything is NumPy's."""

    def _segment(self, start: float, end: float, final: bool) -> SpeechSegment:
        start = max(start, 0.0)
        end = min(end, self._seconds - self._offset)
        if start != self._begun:
            self._utterance, self._begun = Utterance(self._encoder), start
        values = self._utterance.nodes(self._audio.between(start - ROOM, end + ROOM))
        first = max(start - ROOM, 0.0) + self._utterance.first
        if not final and (older := len(values) - round(WINDOW / STEP)) > 0:
            values = values[older:]
            start += older * STEP
            first += older * STEP
        return SpeechSegment(
            start=start + self._offset,
            end=end + self._offset,
            values=values,
            first=first + self._offset,
            newest=min(self._endpointer.time + self._offset, self._seconds),
            final=final,
        )
