"""Endpointing: where utterances start and end, by their voiced frames."""

from __future__ import annotations

import math
from typing import NamedTuple

from edge_ser.features.sets import LLD_STEP
from edge_ser.speech.vad import VoiceActivityDetector

PAUSE = 0.6
"""Seconds without voice that end an utterance."""
LONGEST = 30.0
"""Seconds after which an utterance is ended even if speech goes on."""
MARGIN = 0.1
"""Seconds added before the first and after the last voiced frame, for unvoiced consonants."""

_VOICED_FRAMES = 8
_F0_SPREAD = 0.15  # semitones; a hum has 0.03 at most, the flattest corpus clip 0.4


class Endpoints(NamedTuple):
    """Start and end of an utterance, in seconds of the stream."""

    start: float
    end: float


class EndpointTracker:
    """State of an endpointer: the frames of speech between two pauses.

    Args:
        step: seconds between two frames.
        least: frames of speech in an utterance.
    """

    def __init__(self, step: float, least: int) -> None:
        self._step = step
        self._least = least
        self._frame = 0
        self._divided = -math.inf  # end in seconds of an utterance that went on
        self._forget()

    def _forget(self) -> None:
        self._first: int | None = None
        self._last = 0
        self._count = 0

    @property
    def time(self) -> float:
        """Seconds of the stream processed so far."""
        return self._frame * self._step

    @property
    def earliest(self) -> float:
        """Time in seconds before which no open or future utterance can start."""
        first = self._frame if self._first is None else self._first
        return self._begin(first)

    @property
    def start(self) -> float | None:
        """Start of the open utterance in seconds; None until there is enough speech in it."""
        return None if self._first is None or not self._speech else self.earliest

    @property
    def pausing(self) -> bool:
        """Whether the last frame of speech is too long ago for speech to be going on."""
        return (self._frame - self._last) * self._step > MARGIN

    @property
    def _speech(self) -> bool:
        return self._count >= self._least

    def _begin(self, first: int) -> float:
        return max(first * self._step - MARGIN, self._divided)

    def _follow(self, speech: bool) -> Endpoints | None:
        """Count the next frame; return the endpoints of the utterance that it ends, if any."""
        if speech:
            if self._first is None:
                self._first = self._frame
            self._last = self._frame
            self._count += 1
        self._frame += 1
        if self._first is None:
            return None
        paused = (self._frame - self._last) * self._step >= PAUSE
        too_long = (self._frame - self._first) * self._step >= LONGEST - MARGIN
        if paused:
            return self.close()
        return self._divide() if too_long else None

    def _divide(self) -> Endpoints | None:
        """End the open utterance while speech goes on: the next one begins where it ends."""
        found = self.close()
        self._divided = self.time
        return found and found._replace(end=min(found.end, self.time))

    def close(self) -> Endpoints | None:
        """End the open utterance and return its endpoints; None if there is none."""
        first, last, speech = self._first, self._last, self._speech
        self._forget()
        if first is None or not speech:
            return None
        return Endpoints(start=self._begin(first), end=(last + 1) * self._step + MARGIN)


class Endpointer(EndpointTracker):
    """Endpointer that takes LLD frames one by one and finds the endpoints of utterances.

    The frames between two pauses are an utterance if enough of them are voiced and the pitch
    varies: mains hum is voiced too, but its pitch is constant.
    """

    def __init__(self) -> None:
        self._vad = VoiceActivityDetector()
        super().__init__(LLD_STEP, _VOICED_FRAMES)

    def _forget(self) -> None:
        super()._forget()
        self._mean = 0.0
        self._squares = 0.0

    @property
    def _speech(self) -> bool:
        spread = math.sqrt(self._squares / self._count) if self._count else 0.0
        return super()._speech and spread >= _F0_SPREAD

    def push(self, loudness: float, f0: float) -> Endpoints | None:
        """Process one frame; return the endpoints of the utterance that it ends, if any.

        Args:
            loudness: eGeMAPS loudness of the frame.
            f0: semitones above 27.5 Hz, 0 where unvoiced.
        """
        voiced = self._vad.push(loudness, f0)
        if voiced:  # Welford's running variance
            delta = f0 - self._mean
            self._mean += delta / (self._count + 1)
            self._squares += delta * (f0 - self._mean)
        return self._follow(voiced)
