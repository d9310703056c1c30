"""Voice activity detection (VAD): which frames are voice, by their loudness and pitch."""

from __future__ import annotations

from edge_ser.features.sets import LLD_STEP

_FLOOR_START = 0.02  # in units of eGeMAPS loudness; digital silence has 0.001, soft speech 0.07
_FLOOR_DOUBLES_IN = 2.0  # seconds
_ABOVE_FLOOR = 1.25
_RISE = 2.0 ** (LLD_STEP / _FLOOR_DOUBLES_IN)


class VoiceActivityDetector:
    """Decide frame by frame whether there is voice.

    A frame is voice where openSMILE finds a fundamental frequency and the loudness stands clear of
    the noise floor: a running minimum that falls at once and doubles in two seconds.
    """

    def __init__(self) -> None:
        self._floor = _FLOOR_START

    def push(self, loudness: float, f0: float) -> bool:
        """Return whether the next frame is voice.

        Args:
            loudness: eGeMAPS loudness of the frame.
            f0: semitones above 27.5 Hz, 0 where unvoiced.
        """
        self._floor = max(min(loudness, self._floor * _RISE), _FLOOR_START)
        return f0 > 0 and loudness > _ABOVE_FLOOR * self._floor
