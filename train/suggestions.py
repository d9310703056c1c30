"""What to say of a name that is not known."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Name the known word that ``name`` is most like, or all of them if it is like none.

    >>> suggest("epoch", ["epochs", "batch"])
    'did you mean epochs?'
    >>> suggest("size", ["epochs", "batch"])
    'there are epochs, batch'
    """
    words = list(known)
    close = get_close_matches(name, words, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(words)}"
