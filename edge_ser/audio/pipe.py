"""A pipe as a source of audio: WAV by its header, or raw samples."""

from __future__ import annotations

import logging
import os
import select
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.audio.block import Block, Closable
from edge_ser.audio.convert import BLOCK, Converter
from edge_ser.audio.wav import ENCODINGS, UNKNOWN_SIZE, Layout, decode, read_layout
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_log = logging.getLogger(__name__)

STDIN = "-"
_POLL = 0.1  # seconds; the longest delay until Ctrl-C takes effect
_MOST = 1 << 16  # bytes read at a time
_RAW = Layout(rate=16_000, channels=1, encoding=ENCODINGS["s16le"], start=0, size=0, riff=0)


class AudioPipe(Closable):
    """What another program writes, as a source: from stdin, a FIFO or a device.

    It is opened on entering ``with``, which waits for the writer, and read once, forward. While
    the writer writes nothing, blocks are empty; its end is the end.

    Args:
        path: where to read; ``-``: stdin.
        rate: sampling rate of raw samples in Hz; None: a WAV header says it.
        encoding: of raw samples, a key of :data:`edge_ser.audio.wav.ENCODINGS`; None: ``s16le``.
        channels: number of interleaved channels of raw samples; None: one.
        channel: hear only this one, from 1; None: what the channels have in common, see
            :class:`edge_ser.audio.channels.Downmix`.

    Raises:
        EdgeSerError: on entering ``with`` or at the first block if it cannot be opened, or is no
            WAV where no rate is given.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = STDIN,
        rate: float | None = None,
        encoding: str | None = None,
        channels: int | None = None,
        channel: int | None = None,
    ) -> None:
        super().__init__()
        self.path = path
        self.name = "stdin" if str(path) == STDIN else str(path)
        self.channel = channel
        self._raw: Layout | None = None
        if rate or encoding or channels:
            if rate is None:
                raise EdgeSerError("raw samples need their sampling rate; give --rate")
            if (known := ENCODINGS.get(encoding or "s16le")) is None:
                raise EdgeSerError(
                    f"there is no encoding {encoding!r}; choose one of {', '.join(ENCODINGS)}"
                )
            self._raw = _RAW._replace(rate=rate, encoding=known, channels=channels or 1)
        self._descriptor: int | None = None
        self._layout = _RAW
        self._ended = False

    def __repr__(self) -> str:
        return f"AudioPipe({self.name!r})"

    def __enter__(self) -> AudioPipe:
        if self._descriptor is None:
            self._descriptor = self._open()
            self._layout = self._raw or self._header()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._descriptor is not None and self._descriptor != 0:
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if str(self.path) == STDIN:
            if sys.stdin is None or sys.stdin.isatty():
                raise EdgeSerError("stdin is a terminal; pipe audio into it, or name a file")
            return 0
        try:
            return os.open(self.path, os.O_RDONLY)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise EdgeSerError(f"cannot read {self.name}: {reason}; check the path") from None

    def _header(self) -> Layout:
        found = read_layout(self._exactly)
        if found is None:
            raise EdgeSerError(
                f"{self.name} carries no WAV of integers or floats; give --rate and --format for "
                "raw samples, or decode it: ffmpeg -i FILE -f wav - | …"
            )
        return found

    def _exactly(self, count: int) -> bytes:
        content = b""
        while len(content) < count and (more := self._read(count - len(content))):
            content += more
        return content

    def fileno(self) -> int:
        """Return the file descriptor; raise ValueError if the pipe is not open."""
        if self._descriptor is None:
            raise ValueError(f"{self.name} is not open")
        return self._descriptor

    def _read(self, count: int) -> bytes:
        try:
            return os.read(self.fileno(), count)
        except OSError as error:
            raise EdgeSerError(
                f"{self.name} cannot be read any more ({error.strerror}); start its writer again"
            ) from None

    def __iter__(self) -> Iterator[Block]:
        entered = self._descriptor is not None
        try:
            self.__enter__()
            yield from self._blocks()
        finally:
            if not entered:
                self.__exit__()

    def _blocks(self) -> Iterator[Block]:
        converter = Converter(self._layout.rate, self.name, self.channel)
        closed, heard = self._closed, False
        for frames in self._frames():
            arrival = time.monotonic()
            heard = heard or frames is not None
            samples = np.empty(0, np.int16) if frames is None else converter.push(frames)
            for start in range(0, max(1, len(samples)), BLOCK):
                yield Block(samples[start : start + BLOCK], arrival)
        if closed.is_set():
            return
        if not heard:
            raise EdgeSerError(f"{self.name} ended before any audio came; check what writes to it")
        rest = converter.flush()
        for start in range(0, len(rest), BLOCK):
            yield Block(rest[start : start + BLOCK], time.monotonic())

    def _frames(self) -> Iterator[NDArray[Any] | None]:
        """Yield (n, channels) frames until the end; None while nothing comes."""
        layout, closed = self._layout, self._closed
        promised = layout.size if 0 < layout.size < UNKNOWN_SIZE else None
        read, waiting = 0, b""
        while promised is None or read < promised:
            if closed.is_set():
                return
            if not select.select([self], [], [], _POLL)[0]:
                yield None
                continue
            content = self._read(_MOST if promised is None else min(_MOST, promised - read))
            if not content:
                break
            read += len(content)
            waiting += content
            whole = len(waiting) // layout.frame * layout.frame
            if whole:
                yield decode(waiting[:whole], layout.encoding, layout.channels)
                waiting = waiting[whole:]
        if promised is not None and read < promised:
            _log.warning(
                "%s ended early: its header promises %d bytes, %d came", self.name, promised, read
            )
