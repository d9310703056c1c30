"""The enrolment that a page asked for: it follows the stream, until enough was heard."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from edge_ser import profiles
from edge_ser.enrolment import Enrolment
from edge_ser.errors import EdgeSerError
from edge_ser.reading import PATIENCE, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from edge_ser.audio import Block
    from edge_ser.recognizer import Recognizer
    from edge_ser.speech.segment import SpeechSegment

_STEP = 0.5  # seconds of speech between two reports


class Enrolling:
    """Learns one voice at a time from a stream that is listened to anyway.

    The stream's thread calls :meth:`observe`, that of the server the other methods.

    Args:
        recognizer: the model that is to know the voice.
        report: called with each state: ``idle``, ``reading``, ``saved`` or ``failed``, the name,
            the text to read, the seconds of speech so far and wanted, and a message.
    """

    def __init__(self, recognizer: Recognizer, report: Callable[[dict[str, Any]], None]) -> None:
        self._recognizer, self._tell = recognizer, report
        self._name, self._path = "", profiles.folder()
        self._enrolment: Enrolment | None = None
        self._seconds = 0.0  # of the stream so far
        self._told = 0.0
        self._lock = threading.Lock()

    def start(self, name: str) -> None:
        """Begin with what is said from now on.

        Raises:
            EdgeSerError: the name cannot be that of a profile, the model does not adapt to voices,
                or somebody else is reading.
        """
        path = profiles.path_in_folder(name)
        enrolment = Enrolment(self._recognizer, since=self._seconds)
        with self._lock:
            if self._enrolment:
                raise EdgeSerError(f"{self._name} is reading already; wait, or cancel that first")
            self._name, self._path, self._told = name, path, 0.0
            self._enrolment = enrolment
            self._report("reading", enrolment)

    def cancel(self) -> None:
        """Forget what was heard."""
        with self._lock:
            if self._enrolment:
                self._enrolment = None
                self._report("idle")

    def observe(self, block: Block | None, segments: Sequence[SpeechSegment]) -> None:
        """Hear a block of the stream; see :class:`edge_ser.session.Observer`."""
        self._seconds += block.seconds if block else 0.0
        with self._lock:
            enrolment = self._enrolment
            if enrolment is None:
                return
            enrolment.add(block, segments)
            if enrolment.enough or enrolment.passed > PATIENCE * enrolment.wanted:
                self._enrolment = None
                # not here: a disk may be slow, and the stream waits for nothing
                saving = (enrolment, self._name, self._path)
                threading.Thread(target=self._save, args=saving, name="enrolment").start()
            elif abs(enrolment.seconds + enrolment.unfinished - self._told) >= _STEP:
                self._told = enrolment.seconds + enrolment.unfinished
                self._report("reading", enrolment)

    def _save(self, enrolment: Enrolment, name: str, path: Path) -> None:
        try:
            enrolment.check_level("the microphone")
            enrolment.save(path)
        except EdgeSerError as error:
            state, message = "failed", str(error)
        else:
            state, message = "saved", f"{name} is learnt: {enrolment.seconds:.0f} s of speech"
        with self._lock:
            if self._enrolment is None:
                self._report(state, enrolment, message)

    def _report(self, state: str, enrolment: Enrolment | None = None, message: str = "") -> None:
        heard = enrolment.seconds + enrolment.unfinished if enrolment else 0.0
        self._tell(
            {
                "state": state,
                "name": self._name,
                "text": TEXT if state == "reading" else "",
                "seconds": round(heard, 1),
                "wanted": enrolment.wanted if enrolment else 0.0,
                "message": message,
            }
        )
