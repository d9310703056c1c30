"""What the pictures of a recording and of its utterances have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.page import prose
from edge_ser.pictures.rows import Row, trace, waveform
from edge_ser.pictures.svg import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_ser.explanation.hearing import Hearing
    from edge_ser.pictures.axis import TimeAxis

_PITCHES = ((50.0, "50 Hz"), (100.0, ""), (200.0, "200 Hz"), (400.0, ""), (800.0, "800 Hz"))


def signal_row(hearing: Hearing, axis: TimeAxis, spoken: Sequence[tuple[float, float]]) -> Row:
    """Draw the waveform over the axis, with what was ``spoken`` (start, end) marked."""
    outline = hearing.waveform.between(axis.start, axis.end)
    return waveform(axis, outline.low, outline.high, spoken)


def voice_rows(hearing: Hearing, axis: TimeAxis) -> list[Row]:
    """Draw loudness and pitch over the axis, where openSMILE computes them."""
    voice = hearing.voice
    if voice is None:
        return []
    inside = (voice.times >= axis.start) & (voice.times <= axis.end)
    times, loudness, pitch = (v[inside] for v in (voice.times, voice.loudness, voice.pitch))
    loudest = max(float(loudness.max(initial=0.0)), 0.1)
    return [
        trace(axis, times, loudness, "loudness", [(0.0, "0"), (loudest, f"{loudest:.1f}")]),
        trace(axis, times, pitch, "pitch", _PITCHES, np.log),
    ]


def figure(heading: str, svg: str, caption: str, wide: bool = False) -> str:
    """Return HTML of a picture with heading and caption.

    Args:
        heading: what it is.
        svg: the picture.
        caption: what is to be seen.
        wide: whether it may be scrolled on a narrow screen, rather than shrunk.
    """
    shown = f'<div class="scroll">{svg}</div>' if wide else svg
    below = f"<figcaption>{prose(caption)}</figcaption>"
    return f"<figure><h4>{plain(heading)}</h4>{shown}{below}</figure>"
