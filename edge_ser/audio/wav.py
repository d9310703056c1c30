"""WAV read by its header alone: from a pipe, or where a recorder never finished the header."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Read = Callable[[int], bytes]
"""Return so many of the next bytes, fewer at the end only."""

UNKNOWN_SIZE = 0x7FFF_0000
"""Programs that write to a pipe put this or more in the header."""

_LONGEST_CHUNK = 1 << 20  # of those before the samples
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


class Encoding(NamedTuple):
    """How samples are written.

    Args:
        kind: ``u``, ``s`` or ``f``: unsigned or signed integers, or floats.
        bits: of a sample.
    """

    kind: str
    bits: int


ENCODINGS = {
    "u8": Encoding("u", 8),
    "s16le": Encoding("s", 16),
    "s24le": Encoding("s", 24),
    "s32le": Encoding("s", 32),
    "f32le": Encoding("f", 32),
    "f64le": Encoding("f", 64),
}
"""Name, as ffmpeg and sox know it, to encoding."""


class Layout(NamedTuple):
    """What a header says.

    Args:
        rate: Hz.
        channels: number of channels.
        encoding: of the samples.
        start: bytes before the first sample.
        size: bytes of samples that are promised; 0 or a very large number where the recorder did
            not know.
        riff: bytes of the whole file that are promised.
    """

    rate: float
    channels: int
    encoding: Encoding
    start: int
    size: int
    riff: int

    @property
    def frame(self) -> int:
        """Bytes of a sample of every channel."""
        return self.channels * self.encoding.bits // 8


def read_layout(read: Read) -> Layout | None:
    """Read a WAV header up to the first sample; None if it is not one, or in no known encoding."""
    head = read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    (riff,) = struct.unpack("<I", head[4:8])
    start, form = 12, b""
    while len(chunk := read(8)) == 8:
        name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
        start += 8
        if name == b"data":
            return _layout(form, start, size, riff + 8)
        if size > _LONGEST_CHUNK:
            return None
        content = read(size + size % 2)
        start += len(content)
        if name == b"fmt ":
            form = content
    return None


def _layout(form: bytes, start: int, size: int, riff: int) -> Layout | None:
    if len(form) < 16:
        return None
    tag, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == _EXTENSIBLE and len(form) >= 26:
        (tag,) = struct.unpack("<H", form[24:26])
    kind = "f" if tag == _FLOAT else "u" if bits == 8 else "s"
    encoding = Encoding(kind, bits)
    known = tag in (_PCM, _FLOAT) and encoding in ENCODINGS.values()
    if not known or channels == 0 or frame != channels * bits // 8:
        return None
    return Layout(rate, channels, encoding, start, size, riff)


def decode(content: bytes, encoding: Encoding, channels: int) -> NDArray[Any]:
    """Decode whole frames to (n, channels): int16 as it is, everything else as floats."""
    kind, bits = encoding
    samples: NDArray[Any]
    if bits == 24:
        wide = np.zeros((len(content) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(content, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0]
    else:
        samples = np.frombuffer(content, f"<{kind.replace('s', 'i')}{bits // 8}")
    if kind == "u":
        samples = samples / np.float32(128) - np.float32(1)
    elif kind == "s" and bits > 16:
        samples = samples / np.float32(2**31)
    elif kind == "f":
        samples = samples.astype(np.float32)
    return samples.reshape(-1, channels)


def unfinished(layout: Layout, length: int, rest: bytes) -> bool:
    """Return whether samples go on behind what the header promises.

    Args:
        layout: the header.
        length: bytes of the file.
        rest: the bytes behind the promised samples, or the first of them.
    """
    behind = length - layout.start - layout.size
    if layout.size == 0:
        return behind > 0
    if behind < 64 or layout.riff > layout.start + layout.size + 1:
        return False  # a padding byte, or chunks that the header counts
    # tags that were appended later: ID3, or chunks of a name and a size
    return not (rest[:3] in (b"ID3", b"TAG") or (rest[:4].isalpha() and rest[:4].isascii()))
