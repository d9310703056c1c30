"""Windows: the stretches of an utterance that a network scores at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_ser.features import FeatureSet

WINDOW = 8.0
"""T: length of the longest window in seconds; longer utterances get several, T / 2 apart."""


def window_slices(
    count: int, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
) -> list[slice]:
    """Return the windows of an utterance of ``count`` nodes: one if it is short enough.

    Args:
        count: number of nodes in the utterance.
        features: feature set of the nodes.
        length: length of the longest window in seconds.
        step: seconds between the starts of two windows.
    """
    size, hop = features.count(length), features.count(step)
    windows = 1 + max(0, -(-(count - size) // hop))
    return [slice(i * hop, min(i * hop + size, count)) for i in range(windows)]
