"""A session: the events of one stream of audio, however its samples arrive."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from edge_ser.audio import SAMPLING_RATE, Block
from edge_ser.audio.convert import Converter, check_type
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, Event, StatusEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Self

    from edge_ser.recognizer import Recognizer
    from edge_ser.speech.segment import SpeechSegment
    from edge_ser.voice import VoiceStatistics

_log = logging.getLogger(__name__)

_SMOOTHED = 3
"""Number of windows whose probabilities a ``window`` event averages."""
_HISTORY = 5.0
"""Seconds of arrival times that are kept: more than any feature set lags behind its samples."""


class Observer(Protocol):
    """Something that follows a stream."""

    def __call__(self, block: Block | None, segments: Sequence[SpeechSegment]) -> None:
        """Take the next block, and the segments that it completed.

        Args:
            block: of the source; None: a gap, or the end of the stream, completed the segments.
            segments: none or several; those that are not final are parts of an utterance so far.
        """


class Session:
    """The events of one stream: samples go in as they come, events come out.

    It belongs to one thread at a time. ``with`` or :meth:`close` releases openSMILE.

    Args:
        recognizer: computes the emotions.
        rate: sampling rate in Hz of what is pushed, 8 to 192 kHz.
        hop: seconds between two ``window`` events while someone speaks; None: no such events.
        threshold: confidence below which ``emotion`` is None; by default the model's.
        voice: statistics of the speaker to start from, which are updated; by default those of an
            unknown voice.
        adapt: whether every utterance is added to ``voice``.
        observer: called with every block, and the segments that it completed, before these are
            scored.

    Raises:
        EdgeSerError: ``rate``, ``hop`` or ``threshold`` is out of range.

    Example:
        >>> import edge_ser, soundfile
        >>> from edge_ser.demo import PATH
        >>> signal, rate = soundfile.read(PATH)
        >>> with edge_ser.load().session(rate=rate) as session:
        ...     for start in range(0, len(signal), 512):
        ...         events = session.push(signal[start : start + 512])
        ...     print(session.finish()[-1].type)
        utterance
    """

    def __init__(
        self,
        recognizer: Recognizer,
        rate: float = SAMPLING_RATE,
        hop: float | None = 0.5,
        threshold: float | None = None,
        *,
        voice: VoiceStatistics | None = None,
        adapt: bool = True,
        observer: Observer | None = None,
    ) -> None:
        check(hop, threshold)
        self._recognizer = recognizer
        self._rate = rate
        self._converter = Converter(rate, "the stream")
        self._threshold = threshold
        self._adapt = adapt
        self._observer = observer
        self.voice = recognizer.unknown_voice() if voice is None else voice
        """Statistics of the speaker."""
        self.seconds = 0.0
        """Seconds of the stream so far, lost audio included."""
        self.dropped = 0
        """Samples lost so far, at 16 kHz."""
        self.segmenter = recognizer.segmenter(hop)
        """What finds the utterances of the stream."""
        self.on_segment: Callable[[SpeechSegment, VoiceStatistics], None] | None = None
        """Called with every segment and the statistics of the voice before it is scored."""
        self._arrivals: deque[tuple[float, float]] = deque()  # (end of a block, its arrival)
        self._recent: deque[NDArray[np.float64]] = deque(maxlen=_SMOOTHED)
        self._finished = False

    def __repr__(self) -> str:
        return f"Session({self._recognizer!r}, rate={self._rate:g}, seconds={self.seconds:.1f})"

    def push(self, chunk: ArrayLike) -> list[Event]:
        """Process the next samples; return the events that they complete.

        Args:
            chunk: (n,) or (n, channels), n ≥ 0, of any length from chunk to chunk; float within
                [-1, 1], or PCM of 8, 16 or 32 bits.

        Raises:
            EdgeSerError: a sample is not finite, the type or the shape cannot be used, or the
                session is finished.
        """
        frames = np.asarray(chunk)
        check_type(frames)
        if not len(frames):
            return []
        return list(self.hear(Block(self._converter.push(frames), time.monotonic())))

    def finish(self) -> list[Event]:
        """End the stream; return what it still held."""
        if self._finished:
            return []
        samples = self._converter.flush()
        events = list(self.hear(Block(samples, time.monotonic()))) if len(samples) else []
        self._finished = True
        return [*events, *self._completed(None, self.segmenter.finish())]

    def close(self) -> None:
        """End the stream without the utterance that is being spoken."""
        self._finished = True
        self.segmenter.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def hear(self, block: Block) -> Iterator[Event]:
        """Process a block of a source, as :meth:`push` does samples.

        Raises:
            EdgeSerError: the session is finished.
        """
        if self._finished:
            raise EdgeSerError("the session is finished; start another")
        if block.lost:
            # speech before and after the gap is not one utterance
            yield from self._completed(None, self.segmenter.finish())
            self.dropped += block.lost
            self.seconds += block.lost / SAMPLING_RATE
            self.segmenter.restart(self.seconds)
        if block.status:
            yield self._status(block.status.state, block.status.message)
        self.seconds += len(block.samples) / SAMPLING_RATE
        self._arrivals.append((self.seconds, block.arrival))
        yield from self._completed(block, self.segmenter.push(block.samples))
        while len(self._arrivals) > 1 and self._arrivals[0][0] < self.seconds - _HISTORY:
            self._arrivals.popleft()

    def _completed(self, block: Block | None, segments: list[SpeechSegment]) -> Iterator[Event]:
        if self._observer:
            self._observer(block, segments)
        return map(self._event, segments)

    def _event(self, segment: SpeechSegment) -> Event:
        recognizer, voice = self._recognizer, self.voice
        if self.on_segment:
            self.on_segment(segment, voice)
        try:
            scores = recognizer.probabilities(segment.values, voice)
        except Exception as error:  # noqa: BLE001 - runtimes raise many types
            _log.debug("where it happened", exc_info=error)
            text = f"speech from {segment.start:.2f} to {segment.end:.2f} s cannot be scored"
            return self._status("error", f"{text} ({error})")
        known = voice.count * recognizer.bundle.features.step
        if segment.final:
            self._recent.clear()
            if self._adapt:
                recognizer.hear(voice, segment.values, recognizer.neutral(scores))
        else:
            self._recent.append(scores)
            scores = np.mean(self._recent, axis=0)
        emotion, confidence, probabilities = recognizer.decide(scores, self._threshold)
        now = time.monotonic()
        latency = now - self._arrival(segment.newest)
        ago = timedelta(seconds=now - self._arrival(segment.end))
        return EmotionEvent(
            type="utterance" if segment.final else "window",
            time=datetime.now(timezone.utc) - ago,
            start=round(segment.start, 3),
            end=round(segment.end, 3),
            emotion=emotion,
            confidence=confidence,
            probabilities=probabilities,
            heard=round(known, 3),
            latency_ms=round(latency * 1000, 1),
            dropped=self.dropped,
            model=recognizer.bundle.name,
            backend=recognizer.backend,
        )

    def _arrival(self, seconds: float) -> float:
        """Return when the sample at this time of the stream arrived."""
        after = (arrival for end, arrival in self._arrivals if end > seconds - 1e-6)
        return next(after, self._arrivals[-1][1])

    def _status(
        self, status: Literal["lost", "silent", "back", "error"], message: str
    ) -> StatusEvent:
        return StatusEvent(
            status=status,
            at=round(self.seconds, 3),
            message=message,
            dropped=self.dropped,
        )


def check(hop: float | None, threshold: float | None) -> None:
    """Raise an EdgeSerError if ``hop`` is no time, or ``threshold`` no probability."""
    if hop is not None and not 0 < hop < math.inf:
        raise EdgeSerError(f"a hop of {hop} s is impossible; give a number above 0")
    if threshold is not None and not 0 <= threshold <= 1:
        raise EdgeSerError(f"a threshold of {threshold} is impossible; give one from 0 to 1")
