"""The moving part of the display, from the state and a reading alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from edge_ser.sinks.terminal import looks, timeline
from edge_ser.sinks.terminal.summary import counts
from edge_ser.sinks.terminal.text import Glyphs, bar, cut, duration, glyphs, scale
from edge_ser.sinks.terminal.words import status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console, ConsoleOptions, RenderResult

    from edge_ser.sinks.terminal.looks import Look
    from edge_ser.sinks.terminal.state import Reading, State

_QUIETEST = -60.0
"""Level in dBFS at which the meter is empty; it is full at 0."""
_WIDEST = 160
"""Cells that are used at most: the bars are then about a hundred long."""
_BESIDE = 44
"""Cells beside the bars for the counts, where the terminal is wide."""
_NUMBER = 7
"""Cells of a number with its unit."""
_FRESH = 2.0
"""Seconds for which the bars of an utterance keep their full colours."""


@dataclass(frozen=True)
class Screen:
    """The moving part of the display, as wide as the terminal.

    Args:
        state: of the session.
        reading: of the source.
        looks: of the emotions, in the order of their bars.
        clock: whether times are those of the wall clock; else seconds of the stream.
    """

    state: State
    reading: Reading
    looks: Mapping[str, Look]
    clock: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines(min(options.max_width, _WIDEST), glyphs(options)):
            line.no_wrap, line.overflow = True, "crop"
            yield line

    def _lines(self, width: int, glyphs: Glyphs) -> list[Text]:
        narrow = width - _BESIDE if width >= 2.5 * _BESIDE else width
        now = self.reading.now
        lines = [
            self._level(narrow, glyphs),
            *self._bars(narrow, glyphs),
            status(self.state, now, narrow, self.clock, self.looks),
        ]
        if narrow < width:
            tally = counts(self.state, self.looks, _BESIDE - 4, glyphs)
            for line, beside in zip(lines, (Text("so far", "dim"), *tally), strict=True):
                line.truncate(narrow, pad=True)
                line.append("    ").append_text(beside)
        return [Text(), *lines, *self._timeline(width, glyphs)]

    def _room(self, width: int) -> int:
        """Return the cells of the names."""
        return min(max(map(cell_len, ("level", *self.looks))), max(5, width // 4))

    def _level(self, width: int, glyphs: Glyphs) -> Text:
        level, room = self.reading.level, self._room(width)
        loud = (max(level, _QUIETEST) - _QUIETEST) / -_QUIETEST
        number = f"{level:.0f} dB" if level > _QUIETEST else "quiet"
        meter = bar(loud, width - room - _NUMBER - 3, glyphs)
        return Text.assemble(f"  {cut('level', room)} ", (meter, "dim"), f"{number:>{_NUMBER}}")

    def _bars(self, width: int, glyphs: Glyphs) -> list[Text]:
        phase, age = self.state.phase(self.reading.now)
        event = None if phase == "silence" else self.state.event
        room = self._room(width)
        lines = []
        for label, look in self.looks.items():
            line = Text.assemble((look.letter, look.block))
            lines.append(line)
            share = event.probabilities[label] if event else 0.0
            unsure = event is not None and event.emotion is None
            strong = "bold" if phase == "speech" and event and label == event.emotion else ""
            line.append(f" {cut(label, room)} ", strong)
            colour = looks.UNSURE.colour if unsure else look.colour
            faded = "dim " if phase == "fading" and age > _FRESH else ""
            line.append(bar(share, width - room - _NUMBER - 3, glyphs, unsure), faded + colour)
            number = f"{100 * share:.0f} %" if event else ""
            line.append(f"{number:>{_NUMBER}}", "dim" if phase == "fading" else strong)
        return lines

    def _timeline(self, width: int, glyphs: Glyphs) -> list[Text]:
        now, seconds = self.reading.now, self.reading.seconds
        each, kinds = self.state.history(now, seconds).fit(seconds, width)
        known = {timeline.UNSURE: looks.UNSURE, timeline.LOST: looks.LOST}
        known |= dict(enumerate(self.looks.values()))
        cells = Text()
        for kind in kinds:
            if kind is None:
                cells.append(glyphs.silence, "dim")
            else:
                cells.append(known[kind].letter, known[kind].block)
        return [cells, self._foot(width, scale(each))]

    def _foot(self, width: int, each: str) -> Text:
        seconds, lost = self.reading.seconds, self.reading.lost
        listened = f"listened {duration(seconds - lost)}"
        missing = f", {lost:.2f} s lost" if lost else ""
        lefts = (f"{listened}{missing}; Ctrl-C ends", f"{listened}{missing}", listened)
        pairs = product(lefts, (f"a cell: {each}", each))
        fit = (pair for pair in pairs if len("  ".join(pair)) <= width)
        left, right = next(fit, (listened, ""))
        return Text.assemble(
            (left, "dim red" if missing else "dim"), (right.rjust(width - len(left)), "dim")
        )
