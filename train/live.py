"""Display of fits under way: epochs move in a terminal, finished folds stay as lines.

The fits may run in other processes. What they have reached is read from their learning curves
(:mod:`train.learning.learning_curves`), so nothing has to be sent.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from edge_ser.sinks.terminal.text import duration
from train.learning.learning_curves import REFIT, candidate_folder, read_curve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from train.learning.trained import Epoch

_REFRESHES = 2
"""Refreshes per second."""
_WIDTH = 16
_EARLY = 0.01
"""Share of the work after which the time left can be estimated."""


@dataclass(frozen=True)
class Fits:
    """The fits of one fold.

    Args:
        name: what to call the fold.
        logs: folder of their learning curves; None if they are not written here.
        candidates: number of candidates, which are trained one after the other.
        epochs: largest number of epochs of each.
        refit: whether the best is trained again.
    """

    name: str
    logs: Path | None
    candidates: int
    epochs: int
    refit: bool

    @property
    def folders(self) -> list[str]:
        """Folders of the curves, in the order in which the fits run."""
        names = [candidate_folder(number) for number in range(self.candidates)]
        return [*names, REFIT] if self.refit else names


@dataclass(frozen=True)
class Reached:
    """What the fits of a fold have reached.

    Args:
        number: number of the current fit, from 0.
        curve: its epochs so far.
        share: share of the fold's work that is done, 0 to 1.
    """

    number: int
    curve: Sequence[Epoch]
    share: float


def reached(fits: Fits, since: float) -> Reached | None:
    """Read what the fits of a fold have reached; None if they have not begun.

    Args:
        fits: the fits.
        since: time in seconds since 1970; what was written before is of an earlier attempt.
    """
    found = None
    for number, name in enumerate(fits.folders):
        curve = read_curve(fits.logs / name, since) if fits.logs else None
        if curve is not None:
            share = (number + len(curve) / fits.epochs) / len(fits.folders)
            found = Reached(number, curve, share)
    return found


class LiveFits:
    """Context in which the fits of several folds are shown.

    Args:
        console: where to show them; without a terminal only a line for each finished fold.
        folds: the folds, in the order of their numbers.
    """

    def __init__(self, console: Console, folds: Sequence[Fits]) -> None:
        self._console, self._folds = console, folds
        self._finished: set[int] = set()
        self._since, self._began = time.time(), time.monotonic()
        self._live = Live(
            get_renderable=self._render,
            console=console,
            refresh_per_second=_REFRESHES,
            transient=True,  # only the lines of finished folds stay
        )

    def __enter__(self) -> LiveFits:
        if self._console.is_terminal and self._folds:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live.is_started:
            self._live.stop()

    def finish(self, place: int, told: str) -> None:
        """Print what there is to say about a finished fold."""
        self._finished.add(place)
        line = Text(f"{self._folds[place].name}: {told}")
        self._console.print(line, soft_wrap=True)

    def _render(self) -> Table:
        table = Table.grid(padding=(0, 1))
        done = float(len(self._finished))
        for place, fits in enumerate(self._folds):
            if place not in self._finished and (now := reached(fits, self._since)):
                done += now.share
                table.add_row(fits.name, _bar(now.share), Text(_describe(fits, now)))
        share = done / max(len(self._folds), 1)  # rich renders once before it starts
        finished = f"{len(self._finished)} of {len(self._folds)} done"
        table.add_row("all", _bar(share), Text(f"{finished}{self._left(share)}", "bold"))
        return table

    def _left(self, share: float) -> str:
        if not _EARLY <= share < 1:
            return ""
        seconds = (time.monotonic() - self._began) * (1 - share) / share
        return f", about {duration(seconds)} left"


def _bar(share: float) -> ProgressBar:
    return ProgressBar(1.0, share, width=_WIDTH)


def _describe(fits: Fits, now: Reached) -> str:
    several = len(fits.folders) > 1
    parts = [f"fit {now.number + 1}/{len(fits.folders)}"] if several else []
    parts.append(f"epoch {len(now.curve)}/{fits.epochs}")
    if now.curve:
        parts.append(f"loss {now.curve[-1].loss:.3f}")
        uas = [epoch.validation_ua for epoch in now.curve if epoch.validation_ua is not None]
        if uas:
            best = uas.index(max(uas))
            parts += [f"UA {100 * uas[-1]:.1f} %", f"best {100 * uas[best]:.1f} % at {best + 1}"]
    return ", ".join(parts)
