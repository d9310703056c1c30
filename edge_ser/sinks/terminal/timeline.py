"""The session in one row of cells, however long it is."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNSURE = -1
"""Speech without an answer; other kinds of speech are the indices of their labels, from 0."""
LOST = -2
"""No audio: the microphone was gone."""

_SCALES = (1, 2, 10, 30, 60, 120, 600, 1800, 3600, 7200, 21_600, 86_400)  # each divides the next
_KEPT = 240
"""Cells that are kept: more than a terminal shows."""
_LEAST = 0.25
"""Seconds of speech from which a cell is not silent."""


@dataclass(frozen=True)
class Timeline:
    """What was heard when, in cells that get longer as the session does.

    Args:
        scale: seconds of a cell.
        heard: (cell, kind) to seconds of that kind in the cell.
    """

    scale: int = 1
    heard: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def add(self, start: float, end: float, kind: int) -> Timeline:
        """Return a timeline with ``kind`` from ``start`` to ``end`` seconds, too."""
        coarse = self._scaled(_scale(end, _KEPT, self.scale))
        scale, heard = coarse.scale, dict(coarse.heard)
        for cell in range(int(start / scale), math.ceil(end / scale)):
            seconds = min(end, (cell + 1) * scale) - max(start, cell * scale)
            heard[cell, kind] = heard.get((cell, kind), 0.0) + seconds
        return Timeline(scale, heard)

    def fit(self, seconds: float, width: int) -> tuple[int, list[int | None]]:
        """Return the seconds of a cell, and the kind that fills most of each; None is silence.

        Args:
            seconds: since the session began; all of it is shown, unless it is hundreds of days.
            width: the number of cells that there may be.
        """
        coarse = self._scaled(_scale(seconds, width, self.scale))
        most: dict[int, tuple[float, int]] = {}
        for (cell, kind), heard in coarse.heard.items():
            if heard >= _LEAST:
                most[cell] = max(most.get(cell, (0.0, kind)), (heard, kind))
        count = math.ceil(seconds / coarse.scale)
        kinds = [most[cell][1] if cell in most else None for cell in range(count)]
        return coarse.scale, kinds[-width:]

    def _scaled(self, scale: int) -> Timeline:
        if scale == self.scale:
            return self
        heard: dict[tuple[int, int], float] = defaultdict(float)
        for (cell, kind), seconds in self.heard.items():
            heard[cell * self.scale // scale, kind] += seconds
        return Timeline(scale, dict(heard))


def _scale(seconds: float, cells: int, least: int) -> int:
    """Return the finest scale from ``least`` on at which ``seconds`` fit into so many cells."""
    fitting = (scale for scale in _SCALES if scale >= least and seconds <= scale * cells)
    return next(fitting, _SCALES[-1])
