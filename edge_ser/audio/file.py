"""A file as a source of audio, read forward, piece by piece."""

from __future__ import annotations

import logging
import os
import re
import shlex
import stat
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_ser.audio.block import SAMPLING_RATE, Block, Closable
from edge_ser.audio.convert import PIECE, in_blocks, to_samples
from edge_ser.audio.parts import Part, beginnings
from edge_ser.audio.wav import UNKNOWN_SIZE, Layout, decode, read_layout, unfinished
from edge_ser.errors import EdgeSerError
from edge_ser.native import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

_SPARE_BYTES = 64  # many headers are off by a padding byte or by their own length
_NOT_OURS = {
    4: (b"ftyp", "MP4 or M4A"),
    0: (b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
    1: (b"!AMR", "AMR"),
    2: (b"\xb2\x75\x8e\x66", "Windows Media"),
    8: (b"AVI ", "AVI"),
}
"""Where the mark of a format is that libsndfile lacks, the mark, and the format's name."""


class AudioFile(Closable):
    """A WAV, FLAC, OGG, MP3, … file as a source; it is never loaded as a whole.

    Each iteration starts from the beginning. What a cut or damaged file still holds is heard, and
    a warning is logged; so is a WAV file whose header was never finished, and all recordings of
    an Ogg or MP3 file that holds several.

    Args:
        path: the file.
        realtime: whether to deliver each block when a microphone would, at its end.
        channel: hear only this one, from 1; None: what the channels have in common, see
            :class:`edge_ser.audio.channels.Downmix`.
        strict: whether it is an error, not a warning, if the file is cut or damaged.

    Raises:
        EdgeSerError: on entering ``with`` or at the first block if the file is missing, empty or
            not audio; at the first block if it holds no audio or lacks the channel; at the block
            where a sample is not finite; with ``strict``, as soon as it is seen to be
            cut or damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        realtime: bool = False,
        channel: int | None = None,
        strict: bool = False,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        self.name = str(path)
        self.realtime = realtime
        self.channel = channel
        self._strict = strict

    def __repr__(self) -> str:
        return f"AudioFile({self.name!r})"

    @property
    def promised(self) -> float:
        """Seconds that the header promises: fewer are there if it is cut, more if never finished.

        Raises:
            EdgeSerError: the file is missing or no audio.
        """
        self._check()
        with self._open(self.path) as file:
            return float(file.frames / file.samplerate)

    def __enter__(self) -> AudioFile:
        self._check()
        with self._open(self.path) as file:
            if self._strict:
                self._tell_if_cut(file, file.frames)
        return self

    def __exit__(self, *exc: object) -> None:
        """Do nothing: the file is open only during an iteration."""

    def __iter__(self) -> Iterator[Block]:
        self._check()
        closed, start, end = self._closed, time.monotonic(), 0
        for samples in in_blocks(self._samples()):
            end += len(samples)
            if self.realtime:
                closed.wait(max(0.0, start + end / SAMPLING_RATE - time.monotonic()))
            if closed.is_set():
                return
            yield Block(samples, time.monotonic())

    def _check(self) -> None:
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise EdgeSerError(f"cannot read {self.name}: {reason}; check the path") from None
        if not stat.S_ISREG(status.st_mode):
            raise EdgeSerError(f"{self.name} is no file; AudioPipe reads pipes")
        if status.st_size == 0:
            raise EdgeSerError(f"{self.name} is empty; record or copy it again")

    def _samples(self) -> Iterator[NDArray[Any]]:
        """Yield int16 (n,) at 16 kHz of one recording after the other."""
        heard = False
        for rate, pieces in self._recordings():
            for samples in to_samples(pieces, rate, self.name, self.channel):
                heard = heard or len(samples) > 0
                yield samples
        if not heard:
            raise EdgeSerError(f"{self.name} holds no audio; record or copy it again")

    def _recordings(self) -> Iterator[tuple[float, Iterator[NDArray[Any]]]]:
        """Yield the sampling rate and the pieces, float32 (n, channels), of each recording."""
        with self.path.open("rb") as file:
            layout = read_layout(file.read)
            if layout and self._is_unfinished(file, layout):
                yield layout.rate, _all(file, layout)
                return
        starts = beginnings(self.path)
        ends = [*starts[1:], self.path.stat().st_size]
        for start, end in zip(starts, ends, strict=True):
            whole = len(starts) == 1
            part = None if whole else Part(self.path, start, end)
            try:
                with self._open(part or self.path) as decoder:
                    yield decoder.samplerate, self._pieces(decoder)
            finally:
                if part:
                    part.close()

    def _is_unfinished(self, file: Any, layout: Layout) -> bool:
        """Return whether the samples go on to the end of the file, whatever its header says."""
        length = file.seek(0, os.SEEK_END)
        file.seek(min(layout.start + layout.size, length))
        rest = file.read(4)
        file.seek(layout.start)
        if layout.size < UNKNOWN_SIZE and unfinished(layout, length, rest):
            _log.warning("%s: its header was never finished; it is read to the end", self.name)
            return True
        return False

    def _open(self, file: Path | Part) -> Any:
        import soundfile

        class Forward(soundfile.SoundFile):  # type: ignore[misc]
            """A file that is read on: python-soundfile seeks after each read where it can.

            After seeking, an MP3 decoder lacks what the next frames refer to.
            """

            def seekable(self) -> bool:
                return False

        try:
            with quiet():  # mpg123 talks
                return Forward(os.fsencode(file) if isinstance(file, Path) else file)
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: a name in .raw
            raise EdgeSerError(
                f"{self.name} cannot be read as audio ({_reason(error)}); {self._advice()}"
            ) from None

    def _advice(self) -> str:
        with self.path.open("rb") as file:
            head = file.read(12)
        for place, (mark, name) in _NOT_OURS.items():
            if head[place : place + len(mark)] == mark:
                path = shlex.quote(self.name)
                return f"it is {name}, convert it: ffmpeg -i {path} -vn {path}.wav"
        return "give a WAV, FLAC, OGG or MP3 file"

    def _pieces(self, file: Any) -> Iterator[NDArray[Any]]:
        """Yield float32 (n, channels) until the end."""
        import soundfile

        rate, read = file.samplerate, 0
        mute = quiet if file.format == "MP3" else nullcontext
        while True:
            try:
                with mute():
                    piece = file.read(PIECE, dtype="float32", always_2d=True)
            except soundfile.SoundFileError as error:
                told = f"{self.name} cannot be decoded after {read / rate:.2f} s ({_reason(error)})"
                if read == 0:
                    raise EdgeSerError(f"{told}; it is damaged: get a complete copy") from None
                self._damaged(f"{told}; the rest is left out")
                return
            if not len(piece):
                break
            read += len(piece)
            yield piece
        self._tell_if_cut(file, read)

    def _tell_if_cut(self, file: Any, read: int) -> None:
        promised, present = file.frames / file.samplerate, read / file.samplerate
        # the length of an MP3 without a Xing header is an estimate
        cut = read < file.frames < 2**62 and file.format != "MP3"
        for size, found in re.findall(r": (\d+) \(should be (\d+)\)", file.extra_info):
            if int(found) + _SPARE_BYTES < int(size) < UNKNOWN_SIZE:
                cut, promised = True, present * int(size) / max(1, int(found))
        if cut:
            self._damaged(
                f"{self.name} is cut short: its header promises {promised:.2f} s, {present:.2f} s "
                "are there"
            )

    def _damaged(self, text: str) -> None:
        if self._strict:
            raise EdgeSerError(f"{text}; get a complete copy")
        _log.warning("%s", text)


def _all(file: Any, layout: Layout) -> Iterator[NDArray[Any]]:
    """Decode what follows to the end of the file."""
    while content := file.read(PIECE * layout.frame):
        whole = len(content) // layout.frame * layout.frame
        yield decode(content[:whole], layout.encoding, layout.channels)


def _reason(error: Exception) -> str:
    """Return libsndfile's message without its prefix and full stop."""
    text = getattr(error, "error_string", str(error))
    return " ".join(text.removeprefix("Error :").split()).rstrip(".")
