"""Names of classes that a run may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.bundle import MOST_LABELS
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_LABELS = 2
UNSURE = "unsure"
"""What displays say of an answer below the threshold: no class may be called so."""


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that cannot be told apart, or too few or too many of them.

    Raises:
        EdgeSerError: they are not 2 to 8 different words, or one of them means something else.
    """
    different = {label.lower() for label in labels}
    if not FEWEST_LABELS <= len(labels) <= MOST_LABELS or len(different) < len(labels):
        raise EdgeSerError(
            f"labels {', '.join(labels)}: give {FEWEST_LABELS} to {MOST_LABELS} different ones, as "
            "in --labels calm,stressed"
        )
    for label in labels:
        if (
            label.lower() == UNSURE
            or not label.isprintable()
            or label.strip() != label
            or not label
        ):
            raise EdgeSerError(f"labels: {label!r} cannot be the name of a class; choose another")
