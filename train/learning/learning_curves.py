"""Learning curves, written during a fit as a CSV file and, if installed, for TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from importlib.util import find_spec
from typing import TYPE_CHECKING

from train.learning.trained import Epoch

if TYPE_CHECKING:
    from pathlib import Path

Log = Callable[[int, Epoch], None]
"""Function that takes the number of an epoch and its metrics."""


@contextmanager
def write_curves(folder: Path) -> Iterator[Log]:
    """Yield a function that writes epochs to ``folder/epochs.csv`` and TensorBoard events."""
    folder.mkdir(parents=True, exist_ok=True)
    board = None
    if find_spec("tensorboard") is not None:
        from torch.utils.tensorboard import SummaryWriter

        board = SummaryWriter(str(folder))
    with (folder / "epochs.csv").open("w", newline="", encoding="utf-8", buffering=1) as stream:
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
