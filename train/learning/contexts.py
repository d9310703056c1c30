"""Contexts: what was heard before from the speaker of a training clip, drawn anew every epoch.

A network that adapts to a voice meets it in every state: as a stranger, after a few clips, after
many, of one emotion or of several. In training a clip's nodes are therefore normalised by the
statistics of clips of the same speaker, drawn at random: 0 to 32 of them, two fifths uniform, two
fifths mostly neutral, as people talk (uniform where no class is called so), and one fifth
one-sided. A device uses the same :class:`edge_ser.voice.VoiceStatistics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.events import LABELS
from edge_ser.voice import NEUTRAL, VoiceStatistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from train.learning.data import Table
    from train.learning.scoring import Subset

_COUNTS = (0, 1, 2, 4, 8, 16, 32)
_UNIFORM, _MOSTLY_NEUTRAL = 0.4, 0.4
_LEAST_NEUTRAL = 0.5
_ONE_SIDED = 0.7
"""Concentration of the Dirichlet distribution of the emotions' shares in a one-sided context."""


class Contexts:
    """Draws the statistics of a voice for training clips.

    Args:
        training: the training clips, one subset per variant; a context is drawn from the variant
            of its clip, in which the speaker has the same microphone and room.
        table: speakers and labels of the rows.
        prior: number of nodes that the training speakers count for.
    """

    def __init__(self, training: Sequence[Subset], table: Table, prior: float) -> None:
        self._prior = prior
        self._labels, self._names = table.labels, table.names
        self._sums = [_sums(subset, len(table.labels)) for subset in training]
        rows = training[0].rows
        self._by_speaker = {
            name: rows[table.speakers[rows] == name] for name in np.unique(table.speakers[rows])
        }
        self._speakers = table.speakers

    def draw(self, row: int, variant: int, random: np.random.Generator) -> VoiceStatistics:
        """Draw what was heard before the clip ``row`` in a variant."""
        own = self._by_speaker[self._speakers[row]]
        chosen = draw_context(own[own != row], self._labels, random, self._names)
        counts, totals, squares = self._sums[variant]
        voice = VoiceStatistics(self._prior)
        voice.add(counts[chosen].sum(), totals[chosen].sum(0), squares[chosen].sum(0))
        return voice


def draw_context(
    others: NDArray[np.int64],
    labels: NDArray[np.int64],
    random: np.random.Generator,
    names: Sequence[str] = LABELS,
) -> NDArray[np.int64]:
    """Draw 0 to 32 of the ``others``, the speaker's other clips, without replacement.

    Args:
        others: (n,) indices of clips.
        labels: (R,) indices into ``names`` of all clips.
        random: draws.
        names: names of the classes.
    """
    count, kind = int(random.choice(_COUNTS)), random.random()
    if kind < _UNIFORM or not len(others):
        return _some(others, count, random)
    emotions = labels[others]
    if kind < _UNIFORM + _MOSTLY_NEUTRAL:
        if NEUTRAL not in names:
            return _some(others, count, random)
        neutral = emotions == names.index(NEUTRAL)
        many = round(count * random.uniform(_LEAST_NEUTRAL, 1.0))
        parts = (
            _some(others[neutral], many, random),
            _some(others[~neutral], count - many, random),
        )
        return np.concatenate(parts)
    shares = random.dirichlet([_ONE_SIDED] * len(names))[emotions] + 1e-9
    return _some(others, count, random, shares / shares.sum())


def _some(
    clips: NDArray[np.int64],
    count: int,
    random: np.random.Generator,
    shares: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    return random.choice(clips, min(count, len(clips)), replace=False, p=shares)


def _sums(
    subset: Subset, rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Sum the nodes of each row, and their squares; count them."""
    owners, nodes = subset.clips.rows, subset.nodes.astype(np.float64)
    totals, squares = np.zeros((rows, nodes.shape[1])), np.zeros((rows, nodes.shape[1]))
    np.add.at(totals, owners, nodes)
    np.add.at(squares, owners, nodes**2)
    return np.bincount(owners, minlength=rows).astype(np.float64), totals, squares
