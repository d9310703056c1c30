"""What is seen of fits under way: moving epochs on a terminal, a line a fold without."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from train.learning.learning_curves import FILE, read_curve, write_curves
from train.learning.trained import Epoch
from train.live import Fits, LiveFits, Reached, reached


def epoch(ua: float | None, loss: float = 1.0) -> Epoch:
    return Epoch(loss=loss, accuracy=0.5, validation_loss=ua and 1.2, validation_ua=ua)


def fits(logs: Path | None, refit: bool = False) -> Fits:
    return Fits("fold 3", logs, candidates=2, epochs=10, refit=refit)


def write(folder: Path, *uas: float | None) -> None:
    with write_curves(folder) as log:
        for number, ua in enumerate(uas, 1):
            log(number, epoch(ua))


def test_curves_are_read_while_they_are_written(tmp_path: Path) -> None:
    assert read_curve(tmp_path) is None
    with write_curves(tmp_path) as log:
        assert read_curve(tmp_path) == []
        log(1, epoch(0.25))
        log(2, epoch(None))
        assert read_curve(tmp_path) == [epoch(0.25), epoch(None)]
    with (tmp_path / FILE).open("a") as stream:
        stream.write("3,0.")
    assert read_curve(tmp_path) == [epoch(0.25), epoch(None)]


def test_how_far_the_fits_of_a_fold_are(tmp_path: Path) -> None:
    assert reached(fits(None), 0.0) is None
    assert reached(fits(tmp_path), 0.0) is None
    write(tmp_path / "candidate-0", *[0.5] * 10)
    write(tmp_path / "candidate-1", 0.4, 0.6)
    assert reached(fits(tmp_path), 0.0) == Reached(1, [epoch(0.4), epoch(0.6)], 0.6)
    refitted = reached(fits(tmp_path, refit=True), 0.0)
    assert refitted is not None and refitted.share == pytest.approx(0.4)
    write(tmp_path / "refit", None)
    refitted = reached(fits(tmp_path, refit=True), 0.0)
    assert refitted is not None and refitted.share == pytest.approx(0.7)


def test_what_an_earlier_attempt_wrote_does_not_count(tmp_path: Path) -> None:
    write(tmp_path / "candidate-0", 0.5)
    old = time.time() - 100
    os.utime(tmp_path / "candidate-0" / FILE, (old, old))
    assert reached(fits(tmp_path), time.time() - 50) is None


def test_on_a_terminal(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100, color_system=None)
    other = Fits("fold 4", None, candidates=2, epochs=10, refit=False)
    with LiveFits(console, [fits(tmp_path), other]) as live:
        write(tmp_path / "candidate-0", 0.5, 0.7, 0.6)
        console.print(live._render())
        seen = screen.getvalue()
        told = "fit 1/2, epoch 3/10, loss 1.000, UA 60.0 %, best 70.0 % at 2"
        assert "fold 3 " in seen and told in seen
        assert "0 of 2 done, about " in seen and " left" in seen
        live.finish(0, "7 epochs")
        console.print(live._render())
        after = screen.getvalue()[len(seen) :]
        assert "fold 3: 7 epochs\n" in after
        assert "1 of 2 done" in after and told not in after


def test_without_a_terminal_it_is_a_line_a_fold(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=False, width=20)
    with LiveFits(console, [fits(tmp_path)]) as live:
        write(tmp_path / "candidate-0", *[0.5] * 10)
        live.finish(0, "layers 2, 7 epochs, loss 0.900, validation UA 58.3 %, 2 s")
    assert screen.getvalue() == (
        "fold 3: layers 2, 7 epochs, loss 0.900, validation UA 58.3 %, 2 s\n"
    )


def test_nothing_to_do_shows_nothing() -> None:
    screen = io.StringIO()
    with LiveFits(Console(file=screen, force_terminal=True), []):
        pass
    assert screen.getvalue() == ""
