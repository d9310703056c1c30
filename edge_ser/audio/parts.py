"""Recordings that lie one behind the other in a file: chained Ogg, joined MP3."""

from __future__ import annotations

import mmap
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FIRST = 0x02  # flag of the page that begins a stream
_XING = re.compile(rb"Xing|Info")
_BEFORE_XING = (36, 21, 13)  # bytes of an MP3 frame's header and side information


class Part:
    """A part of a file as a file that can be read and sought, for libsndfile.

    Args:
        path: the file.
        begin: first byte.
        end: the byte behind the last.
    """

    def __init__(self, path: Path, begin: int, end: int) -> None:
        self._file = path.open("rb")
        self._begin, self._length = begin, end - begin
        self._place = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the part; return it."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._length}[whence]
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Return the place in the part."""
        return self._place

    def read(self, count: int) -> bytes:
        """Read ``count`` bytes, fewer at the end."""
        self._file.seek(self._begin + self._place)
        content = self._file.read(max(0, min(count, self._length - self._place)))
        self._place += len(content)
        return content

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def beginnings(path: Path) -> list[int]:
    """Return where recordings begin in an Ogg or MP3 file; ``[0]`` for anything else."""
    with path.open("rb") as file:
        kind = file.read(4)
        mp3 = kind[:3] == b"ID3" or (len(kind) > 1 and _is_frame(kind))
        if kind != b"OggS" and not mp3:
            return [0]
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            found = _in_mp3(content) if mp3 else _in_ogg(content)
    return [0, *found[1:]]


def _in_ogg(content: mmap.mmap) -> list[int]:
    """Go from page to page (RFC 3533); streams that begin together are one recording."""
    found, place, beginning = [], 0, False
    while content[place : place + 4] == b"OggS" and place + 27 <= len(content):
        first = bool(content[place + 5] & _FIRST)
        if first and not beginning:
            found.append(place)
        beginning = first
        segments = content[place + 26]
        place += 27 + segments + sum(content[place + 27 : place + 27 + segments])
    return found


def _in_mp3(content: mmap.mmap) -> list[int]:
    """Find the frames that hold no sound but tell the length of what follows."""
    found = []
    for match in _XING.finditer(content):
        for before in _BEFORE_XING:
            place = match.start() - before
            if place >= 0 and _is_frame(content[place : place + 4]):
                found.append(place)
                break
    return found


def _is_frame(header: bytes) -> bool:
    """Return whether these could be the first bytes of a frame of MPEG layer III."""
    return header[0] == 0xFF and header[1] & 0xE6 == 0xE2
