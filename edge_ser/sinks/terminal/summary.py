"""How much was heard, and how often each emotion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from edge_ser.sinks.terminal.looks import UNSURE
from edge_ser.sinks.terminal.text import Glyphs, bar, cut, duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge_ser.sinks.terminal.looks import Look
    from edge_ser.sinks.terminal.state import Reading, State

_LONGEST = 40
"""Cells of the longest bar."""


def counts(state: State, looks: Mapping[str, Look], width: int, glyphs: Glyphs) -> list[Text]:
    """Return a line an emotion and one for unsure: letter, name, number of utterances, and a bar.

    Args:
        state: of the session.
        looks: of the emotions.
        width: cells that there are.
        glyphs: of the terminal.
    """
    everything = max(1, sum(state.counts.values()))
    digits = len(str(everything))
    room = min(max(map(cell_len, ("unsure", *looks))), max(6, width // 4))
    longest = min(width - room - digits - 4, _LONGEST)
    lines = []
    for label, look in (*looks.items(), (None, UNSURE)):
        count = state.counts.get(label, 0)
        line = Text.assemble((look.letter, look.block))
        line.append(f" {cut(label or 'unsure', room)} {count:{digits}} ")
        line.append(bar(count / everything, longest, glyphs, hatched=label is None), look.colour)
        lines.append(line)
    return lines


def summary(
    state: State, looks: Mapping[str, Look], reading: Reading, width: int, glyphs: Glyphs
) -> list[Text]:
    """Return what is to be said at the end of a session; arguments as in :func:`counts`."""
    told = [f"listened {duration(reading.seconds - reading.lost)}"]
    number = sum(state.counts.values())
    if number:
        plural = "" if number == 1 else "s"
        told.append(f"{duration(state.speech)} of speech in {number} utterance{plural}")
    else:
        told.append("no speech")
    line = Text(", ".join(told))
    if reading.lost:
        line.append(f", {reading.lost:.2f} s lost", "red")
    return [Text(), line, *(counts(state, looks, width, glyphs) if number else [])]
