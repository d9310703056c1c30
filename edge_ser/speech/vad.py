"""Voice activity detection (VAD) by loudness and pitch."""

from __future__ import annotations

from edge_ser.features.sets import LLD_STEP

_FLOOR_START = 0.02  # eGeMAPS loudness of the amplified stream: soft speech of a quiet microphone
_FLOOR_DOUBLES_IN = 2.0  # seconds
_ABOVE_FLOOR = 1.25
_RISE = 2.0 ** (LLD_STEP / _FLOOR_DOUBLES_IN)


class VoiceActivityDetector:
    """Voice activity detector that decides frame by frame.

    A frame is voiced if openSMILE finds a fundamental frequency and the loudness is more than 25 %
    above the noise floor: a running minimum that falls at once and doubles in two seconds.
    """

    def __init__(self) -> None:
        self._floor = _FLOOR_START

    def push(self, loudness: float, f0: float) -> bool:
        """Return whether the next frame is voiced.

        Args:
            loudness: eGeMAPS loudness of the frame.
            f0: semitones above 27.5 Hz, 0 where unvoiced.
        """
        self._floor = max(min(loudness, self._floor * _RISE), _FLOOR_START)
        return f0 > 0 and loudness > _ABOVE_FLOOR * self._floor
