"""Two seconds of processor time for a model that is tried, in place of ten.

`python -m tests.impatient --child FIRST:STOP` runs cases of `benchmarks.fuzz.bundles` so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from benchmarks.fuzz import bundles, cases
from edge_ser.backends import trial

SECONDS = 2
SUITE = replace(bundles.SUITE, module="tests.impatient")


def shorten(change: Callable[[object, str, object], None] = setattr) -> None:
    """Shortens the limit, and in the process that tries a model too.

    Args:
        change: sets an attribute, as ``monkeypatch.setattr`` does.
    """
    *before, run = trial._CODE.split("; ")
    there = ["from edge_ser.backends import trial", f"trial._SECONDS = {SECONDS}"]
    change(trial, "_SECONDS", SECONDS)
    change(trial, "_CODE", "; ".join([*before, *there, run]))


if __name__ == "__main__":
    shorten()
    cases.main(SUITE, None, 0)
