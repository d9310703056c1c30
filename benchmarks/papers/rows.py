"""The rows of the tables on disk, fold by fold."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.papers.entries import Entry
from edge_ser.errors import EdgeSerError


class Rows:
    """The files of an entry's rows, one a normalisation, fold by fold."""

    def __init__(
        self, folder: Path, entry: Entry, normalisation: str, described: dict[str, Any]
    ) -> None:
        self.path = folder / f"{entry.name}-{normalisation}.json"
        self._described = {"name": entry.name, "normalisation": normalisation, **described}
        self._fits: list[dict[str, Any]] = []
        if self.path.is_file():
            before = json.loads(self.path.read_text())
            self._fits = before.pop("fits")
            if before != json.loads(json.dumps(self._described)):
                raise EdgeSerError(f"{self.path} was made with other settings or clips; remove it")

    def missing(self, seed: int, folds: Iterable[int]) -> list[int]:
        """Those of ``folds`` of which the file does not have every prediction yet."""
        there = {fit["fold"] for fit in self._fits if fit["seed"] == seed and "predictions" in fit}
        return [fold for fold in folds if fold not in there]

    def add(self, fit: dict[str, Any]) -> None:
        """Write a fold, in place of one without predictions, with the machine it was made by."""
        place = (fit["seed"], fit["fold"])
        self._fits = [kept for kept in self._fits if (kept["seed"], kept["fold"]) != place]
        self._fits.append({**fit, "machine": platform.machine()})
        self._fits.sort(key=lambda fit: (fit["seed"], fit["fold"]))
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps({**self._described, "fits": self._fits}, indent=1) + "\n")
        partial.replace(self.path)
