"""Learning curves, written during a fit as a CSV file and, if installed, for TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from train.learning.trained import Epoch

if TYPE_CHECKING:
    from pathlib import Path

Log = Callable[[int, Epoch], None]
"""Function that takes the number of an epoch and its metrics."""
FILE = "epochs.csv"
REFIT = "refit"
"""Folder of the curve of the chosen candidate, trained again with the validation speakers."""


def candidate_folder(number: int) -> str:
    """Name the folder of a candidate's curve."""
    return f"candidate-{number}"


@contextmanager
def write_curves(folder: Path) -> Iterator[Log]:
    """Yield a function that writes epochs to ``folder/epochs.csv`` and TensorBoard events."""
    folder.mkdir(parents=True, exist_ok=True)
    board = None
    if find_spec("tensorboard") is not None:
        from torch.utils.tensorboard import SummaryWriter

        board = SummaryWriter(str(folder))
    with (folder / FILE).open("w", newline="", encoding="utf-8", buffering=1) as stream:
        writer = csv.writer(stream)
        writer.writerow(["epoch", *(field.name for field in fields(Epoch))])

        def log(number: int, epoch: Epoch) -> None:
            values = asdict(epoch)
            writer.writerow([number, *values.values()])
            if board is not None:
                for name, value in values.items():
                    if value is not None:
                        board.add_scalar(name, value, number)
                board.flush()

        try:
            yield log
        finally:
            if board is not None:
                board.close()


def read_curve(folder: Path, since: float = 0.0) -> list[Epoch] | None:
    """Read the epochs that ``folder/epochs.csv`` has so far.

    A fit may be writing it: a line that is not complete is left out.

    Args:
        folder: folder of the curve.
        since: time in seconds since 1970.

    Returns:
        The epochs; None if the file does not exist or has not been written ``since``.
    """
    file = folder / FILE
    try:
        if file.stat().st_mtime < since:
            return None
        lines = file.read_text(encoding="utf-8").split("\n")[1:-1]
    except OSError:
        return None
    return [Epoch(*map(_value, line.split(",")[1:])) for line in lines]


def _value(text: str) -> Any:
    return float(text) if text.strip() else None
