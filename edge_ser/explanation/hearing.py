"""What the recogniser hears in a recording: the signal, its events, and the nodes behind them."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.events import EmotionEvent
from edge_ser.features.sets import F0, LLD_FRAME, LLD_STEP, LOUDNESS
from edge_ser.speech.segmenter import LEAD_IN
from edge_ser.speech.vad import VoiceActivityDetector

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge_ser.audio import Source
    from edge_ser.events import Classification, Event
    from edge_ser.recognizer import Recognizer
    from edge_ser.speech.segment import SpeechSegment
    from edge_ser.voice import VoiceStatistics

BIN = 40
"""Samples of which the waveform keeps the lowest and the highest."""
_LOWEST = 27.5  # Hz: where openSMILE's semitones begin
_HOP = 0.5  # seconds between two windows, as `listen` has it


@dataclass(frozen=True)
class Waveform:
    """The outline of a signal.

    Args:
        low: (k,) int16, the lowest of every :data:`BIN` samples.
        high: (k,) int16, the highest.
    """

    low: NDArray[np.int16]
    high: NDArray[np.int16]

    def between(self, start: float, end: float) -> Waveform:
        """Return the outline from ``start`` to ``end`` seconds."""
        rows = slice(*(round(max(t, 0.0) * SAMPLING_RATE / BIN) for t in (start, end)))
        return Waveform(self.low[rows], self.high[rows])


@dataclass(frozen=True)
class Voice:
    """Loudness and pitch, which openSMILE computes every 10 ms.

    Args:
        times: (k,) middle of each frame in seconds.
        loudness: (k,) eGeMAPS loudness of the signal amplified by 24 dB.
        pitch: (k,) fundamental frequency in Hz; NaN where no voice was heard.
    """

    times: NDArray[np.float64]
    loudness: NDArray[np.floating]
    pitch: NDArray[np.float64]


@dataclass(frozen=True)
class Heard:
    """An utterance with all that its answer depends on.

    Args:
        segment: start, end, and nodes.
        voice: statistics of the voice before it.
        event: the answer.
    """

    segment: SpeechSegment
    voice: VoiceStatistics
    event: EmotionEvent


@dataclass(frozen=True)
class Hearing:
    """What was heard in a recording.

    Args:
        name: of the recording, without its folder.
        seconds: its length.
        waveform: its outline.
        voice: None where the model does without openSMILE.
        windows: the answers while somebody spoke.
        result: the answers to the utterances, and to all.
        longest: the longest utterances, in order of time.
        names: of the values of a node; empty where they have none.
    """

    name: str
    seconds: float
    waveform: Waveform
    voice: Voice | None
    windows: list[EmotionEvent]
    result: Classification
    longest: list[Heard]
    names: tuple[str, ...]


def hear(
    recognizer: Recognizer,
    source: Source,
    threshold: float | None = None,
    *,
    voice: VoiceStatistics,
    adapt: bool = True,
    most: int = 5,
    progress: Callable[[float], None] = lambda seconds: None,
) -> Hearing:
    """Hear a finite source as ``classify`` does, and keep what an explanation needs.

    Args:
        recognizer: the model.
        source: the recording.
        threshold: as for :meth:`edge_ser.Recognizer.stream`.
        voice: likewise.
        adapt: likewise.
        most: utterances that are kept with their nodes, the longest.
        progress: called with the seconds heard so far.

    Raises:
        EdgeSerError: the source fails, or speech in it cannot be scored.
    """
    outline, descriptors, longest = _Outline(), _Descriptors(), _Longest(most)
    events: list[Event] = []
    with source, recognizer.session(hop=_HOP, threshold=threshold, voice=voice, adapt=adapt) as s:
        s.segmenter.on_descriptors, s.on_segment = descriptors, longest.note
        for block in source:
            outline.push(block.samples)
            for event in s.hear(block):
                longest.answer(event)
                events.append(event)
            progress(s.seconds)
        for event in s.finish():
            longest.answer(event)
            events.append(event)
        names, seconds = s.segmenter.names, s.seconds
    return Hearing(
        name=Path(source.name).name,
        seconds=seconds,
        waveform=outline.waveform(),
        voice=descriptors.voice(seconds),
        windows=[e for e in events if isinstance(e, EmotionEvent) and e.type == "window"],
        result=recognizer.overall(events, threshold),
        longest=longest.found(),
        names=names,
    )


class _Outline:
    """Collector of the waveform."""

    def __init__(self) -> None:
        self._rest = np.empty(0, np.int16)
        self._low: list[NDArray[np.int16]] = []
        self._high: list[NDArray[np.int16]] = []

    def push(self, samples: NDArray[np.int16]) -> None:
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // BIN * BIN
        bins = samples[:whole].reshape(-1, BIN)
        self._low.append(bins.min(axis=1))
        self._high.append(bins.max(axis=1))
        self._rest = samples[whole:]

    def waveform(self) -> Waveform:
        nothing = np.empty(0, np.int16)
        return Waveform(
            np.concatenate([nothing, *self._low]), np.concatenate([nothing, *self._high])
        )


class _Descriptors:
    """Collector of loudness and pitch."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float32]] = []

    def __call__(self, lld: NDArray[np.float32]) -> None:
        self._parts.append(lld[:, [LOUDNESS, F0]])

    def voice(self, seconds: float) -> Voice | None:
        if not self._parts:
            return None
        loudness, f0 = np.concatenate(self._parts).T
        times = LLD_STEP * np.arange(len(f0), dtype=np.float64) + LLD_FRAME / 2 - LEAD_IN
        detector = VoiceActivityDetector()
        voiced = [
            detector.push(*frame) for frame in zip(loudness.tolist(), f0.tolist(), strict=True)
        ]
        pitch = np.where(voiced, _LOWEST * np.exp2(f0.astype(np.float64) / 12), np.nan)
        inside = (times >= 0) & (times <= seconds)
        return Voice(times[inside], loudness[inside], pitch[inside])


class _Longest:
    """Collector of the longest utterances: each is noted before it is scored, then answered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._noted: deque[tuple[SpeechSegment, VoiceStatistics]] = deque()
        self._heap: list[tuple[float, float, Heard]] = []

    def note(self, segment: SpeechSegment, voice: VoiceStatistics) -> None:
        if segment.final:
            self._noted.append((segment, voice.copy()))

    def answer(self, event: Event) -> None:
        if not (isinstance(event, EmotionEvent) and event.type == "utterance"):
            return
        segment, voice = self._noted.popleft()
        item = segment.end - segment.start, -segment.start, Heard(segment, voice, event)
        heapq.heappush(self._heap, item)
        if len(self._heap) > self._most:
            heapq.heappop(self._heap)

    def found(self) -> list[Heard]:
        return sorted((heard for *_, heard in self._heap), key=lambda h: h.segment.start)
