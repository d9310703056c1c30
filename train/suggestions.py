"""What to say of a name that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.cli.parser import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Name the known word that ``name`` is most like, or all of them if it is like none.

    >>> suggest("epoch", ["epochs", "batch"])
    '; did you mean epochs?'
    >>> suggest("size", ["epochs", "batch"])
    '; there are epochs, batch'
    """
    words = list(known)
    return did_you_mean(name, words) or f"; there are {', '.join(words)}"
