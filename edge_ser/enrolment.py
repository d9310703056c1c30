"""Enrolment: the statistics of a voice from some ordinary speech."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser import profiles
from edge_ser.audio.quality import clipped_samples
from edge_ser.errors import EdgeSerError
from edge_ser.reading import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from edge_ser.audio import Block, Source
    from edge_ser.recognizer import Recognizer
    from edge_ser.speech.segment import SpeechSegment
    from edge_ser.voice import VoiceStatistics

_CLIPPED = 0.001


class Enrolment:
    """The enrolment of one voice: hear enough of it, then save its profile.

    Args:
        recognizer: the model that is to know the voice.
        wanted: seconds of speech to hear.
        since: seconds into the stream; what began before is left out, as somebody else may have
            said it.

    Raises:
        EdgeSerError: the model does not adapt to voices.
    """

    def __init__(self, recognizer: Recognizer, wanted: float = SECONDS, since: float = 0.0) -> None:
        if recognizer.bundle.prior is None:
            name = recognizer.bundle.name
            raise EdgeSerError(f"model {name} does not adapt to voices; use another")
        self._recognizer = recognizer
        self.wanted = wanted
        """Seconds of speech to hear."""
        self._since = since
        self._utterances: list[NDArray[np.float32]] = []
        self.seconds = 0.0
        """Seconds of speech so far, in finished utterances."""
        self.unfinished = 0.0
        """Seconds of the utterance that is being spoken, where the segmenter has a hop."""
        self.passed = 0.0
        """Seconds since the beginning, whatever was heard in them."""
        self._begun: float | None = None  # start of the unfinished utterance
        self._samples = self._clipped = 0

    def __repr__(self) -> str:
        return f"Enrolment({self._recognizer!r}, seconds={self.seconds:.1f}/{self.wanted:g})"

    @property
    def voice(self) -> VoiceStatistics:
        """Statistics of the voice, from what was heard so far."""
        voice = self._recognizer.unknown_voice()
        self._recognizer.enrol(voice, self._utterances)
        return voice

    @property
    def enough(self) -> bool:
        """Whether enough speech was heard."""
        return self.seconds >= self.wanted

    def hear(self, source: Source) -> Iterator[Block]:
        """Hear a source in which only this voice speaks; yield its blocks, to go on or to stop.

        Raises:
            EdgeSerError: the source fails.
        """
        with source, self._recognizer.segmenter() as segmenter:
            for block in source:
                self.add(block, segmenter.push(block.samples))
                yield block
            self.add(None, segmenter.finish())

    def add(self, block: Block | None, segments: Sequence[SpeechSegment]) -> None:
        """Add what a block of a stream completed, as ordinary speech.

        Arguments are those of :class:`edge_ser.session.Observer`.
        """
        if block:
            self.passed += block.seconds
            self._samples += len(block.samples)
            self._clipped += clipped_samples(block.samples)
        for segment in segments:
            if segment.start < self._since:
                continue
            if segment.final:
                self._utterances.append(segment.values)
                self.seconds += segment.end - segment.start
                self.unfinished, self._begun = 0.0, None
            else:
                # a long utterance comes in windows: only the first has its start
                if self._begun is None or segment.start > self._begun + self.unfinished:
                    self._begun = segment.start
                self.unfinished = segment.end - self._begun

    def check_level(self, name: str) -> None:
        """Raise an EdgeSerError if what was added since the last check was so loud that it clips.

        Args:
            name: of the source.
        """
        samples, clipped = self._samples, self._clipped
        self._samples = self._clipped = 0
        if clipped > _CLIPPED * samples:
            raise EdgeSerError(
                f"{name} is too loud, {100 * clipped / samples:.1f} % of it is clipped: turn it "
                "down, or speak further away from it; nothing is written"
            )

    def save(self, path: Path) -> None:
        """Write the profile.

        Raises:
            EdgeSerError: too little speech was heard, or the file cannot be written.
        """
        if not self.enough:
            raise EdgeSerError(
                f"only {self.seconds:.1f} s of speech were heard, {self.wanted:g} are needed: "
                "speak longer and nearer to the microphone, or give more recordings; nothing is "
                "written"
            )
        profiles.save(path, self.voice, self._recognizer.bundle)
