"""Two seconds of processor time for a model that is tried, instead of ten."""

from __future__ import annotations

from collections.abc import Callable

from edge_ser.backends import trial

SECONDS = 2


def shorten(change: Callable[[object, str, object], None] = setattr) -> None:
    """Shorten the limit, also in the process that tries a model.

    Args:
        change: sets an attribute, as ``monkeypatch.setattr`` does.
    """
    *before, run = trial._CODE.split("; ")
    there = ["from edge_ser.backends import trial", f"trial._SECONDS = {SECONDS}"]
    change(trial, "_SECONDS", SECONDS)
    change(trial, "_CODE", "; ".join([*before, *there, run]))
