"""How each emotion looks: a colour, and a letter for where there are no colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL = {"angry": "red", "happy": "yellow", "neutral": "cyan", "sad": "blue"}
_COLOURS = (*_USUAL.values(), "magenta", "green", "dark_orange", "medium_purple")
_LIGHT = frozenset({"yellow", "cyan", "green", "dark_orange"})


class Look(NamedTuple):
    """How an emotion looks.

    Args:
        letter: one cell wide, and different from the others'.
        colour: a colour of rich, different from the others'.
    """

    letter: str
    colour: str

    @property
    def block(self) -> str:
        """Style of the letter on a ground of the colour."""
        # the themes of terminals change white and black, but not these two
        ink = "grey0" if self.colour in _LIGHT else "grey100"
        return f"{ink} on {self.colour}"


UNSURE = Look("?", "grey50")
LOST = Look("-", "grey30")


def looks(labels: Sequence[str]) -> dict[str, Look]:
    """Choose the looks of up to eight labels, the usual ones for the usual names.

    Example:
        >>> {label: look.letter for label, look in looks(["calm", "cross", "cold"]).items()}
        {'calm': 'C', 'cross': 'R', 'cold': 'O'}
    """
    free = [c for c in _COLOURS if c not in {_USUAL.get(label) for label in labels}]
    letters: set[str] = set()
    chosen = {}
    for label in labels:
        candidates = [*label.upper(), *"123456789"]
        letter = next(c for c in candidates if _is_a_cell(c) and c not in letters)
        letters.add(letter)
        chosen[label] = Look(letter, _USUAL[label] if label in _USUAL else free.pop(0))
    return chosen


def _is_a_cell(character: str) -> bool:
    return character.isalnum() and cell_len(character) == 1
