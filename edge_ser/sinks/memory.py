"""What is known of a voice, kept in a file over restarts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge_ser import profiles
from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent
from edge_ser.paths import mode

if TYPE_CHECKING:
    from pathlib import Path

    from edge_ser.bundle import Bundle
    from edge_ser.events import Event
    from edge_ser.sinks import Warn
    from edge_ser.voice import VoiceStatistics

_EVERY = 60.0  # seconds: each writing wears the memory card


class VoiceMemory:
    """A sink that writes the statistics of the voice to a file: once a minute, and at the end.

    Args:
        path: the file, a profile. What it holds is where the statistics start from.
        voice: the statistics, which the stream updates.
        bundle: the model.
        warn: called when the file is of another model, damaged, or cannot be written.
    """

    def __init__(self, path: Path, voice: VoiceStatistics, bundle: Bundle, warn: Warn) -> None:
        self._path, self._voice, self._bundle, self._warn = path, voice, bundle, warn
        self._written = time.monotonic()
        self._fails = False

    def __enter__(self) -> VoiceMemory:
        if mode(self._path):
            try:
                self._voice.take(profiles.load(str(self._path), self._bundle))
            except EdgeSerError as error:
                self._warn(f"warning: {error}; the voice is learnt anew")
        return self

    def __exit__(self, *exc: object) -> None:
        self._write()

    def __call__(self, event: Event) -> None:
        """Write the statistics if a minute has passed."""
        final = isinstance(event, EmotionEvent) and event.type == "utterance"
        if final and time.monotonic() - self._written >= _EVERY:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        if not self._voice.count:
            return
        try:
            profiles.save(self._path, self._voice, self._bundle)
        except EdgeSerError as error:
            if not self._fails:
                self._warn(f"warning: {error}; what is known of the voice is lost at the end")
            self._fails = True
