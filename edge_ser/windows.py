"""How an utterance is cut into the windows that a network scores."""

from __future__ import annotations

from edge_ser.features import FeatureSet

WINDOW = 8.0
"""T: seconds of the longest window; longer utterances are scored over several, T / 2 apart."""


def window_slices(
    count: int, features: FeatureSet, length: float = WINDOW, step: float = WINDOW / 2
) -> list[slice]:
    """How an utterance of ``count`` nodes is cut: whole, or into windows.

    Args:
        count: nodes of the utterance.
        features: what the nodes are made of.
        length: seconds of the longest window.
        step: seconds between the beginnings of two windows.
    """
    size, hop = features.count(length), features.count(step)
    windows = 1 + max(0, -(-(count - size) // hop))
    return [slice(i * hop, min(i * hop + size, count)) for i in range(windows)]
