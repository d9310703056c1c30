"""Leave-one-out: how the answer to an utterance changes without a moment, or without a feature.

Zeiler and Fergus (2014, https://arxiv.org/abs/1311.2901) call it occlusion. What is left out is
replaced by 0, which after normalisation is the mean of the voice or, while that is unknown, of the
training speakers; then graph and logits are computed again, by the same backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from edge_ser.recognizer import Recognizer
    from edge_ser.voice import VoiceStatistics

_SPAN = 0.5
"""Seconds of the stretch that is sought, at least: what a node of ``cogcn`` looks at."""
_SHARE = 0.1
"""Share of the utterance that it is, at least."""
_MOMENT = 0.1
"""Seconds of a moment, where nodes are nearer to each other than that."""
_STEPS = 20
"""Points of a deletion curve, at most, besides its beginning."""
_ORDERS = 20
"""Random orders to which the order by importance is compared."""


@dataclass(frozen=True)
class Without:
    """The answer without a part of the utterance.

    Args:
        probabilities: (C,) of all labels.
        drop: by how much the log-odds of the chosen label fall: positive where the part spoke for
            it, negative where it spoke against it.
    """

    probabilities: NDArray[np.float64]
    drop: float


@dataclass(frozen=True)
class Stretch:
    """A part of the utterance in time, and the answer without it; times in seconds."""

    start: float
    end: float
    without: Without


@dataclass(frozen=True)
class DeletionCurve:
    """The probability of the chosen label while more and more moments are left out.

    Deletion of Petsiuk et al. (2018, https://arxiv.org/abs/1806.07421): an order of importance is
    faithful to the network if the probability falls faster along it than along a random order.

    Args:
        shares: (k,) of the moments that are left out, from 0 to 1.
        most: (k,) probabilities, the moments left out that speak most for the label first.
        least: (k,) probabilities, those left out that speak least for it first.
        random: (k,) probabilities, the mean of random orders.
    """

    shares: NDArray[np.float64]
    most: NDArray[np.float64]
    least: NDArray[np.float64]
    random: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Mean distance, over all shares, by which ``most`` lies below ``random``."""
        return _area(self.shares, self.random - self.most)

    @property
    def spread(self) -> float:
        """Mean distance by which ``most`` lies below ``least``."""
        return _area(self.shares, self.least - self.most)


@dataclass(frozen=True)
class Attribution:
    """What moved the answer to an utterance.

    Args:
        label: index of the chosen label, the most probable one.
        probabilities: (C,) of all labels.
        times: (m,) middle of each moment, in seconds.
        step: seconds between two moments.
        drops: (m,) :attr:`Without.drop` of each moment.
        stretch: the half second, or tenth of a long utterance, that spoke most for the label; None
            if the utterance is hardly longer.
        groups: name of each group of features to the answer without it.
        curve: whether the order of the moments is faithful.
    """

    label: int
    probabilities: NDArray[np.float64]
    times: NDArray[np.float64]
    step: float
    drops: NDArray[np.float64]
    stretch: Stretch | None
    groups: dict[str, Without]
    curve: DeletionCurve


class Occlusion:
    """The answer to an utterance with parts of it left out.

    Only the windows that a change touches are scored again.

    Args:
        recognizer: the model.
        x: (n, d) normalised nodes.
        voice: statistics of the speaker; None if nothing is known.
        label: index of the label whose log-odds count; by default the most probable one.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        x: NDArray[np.float32],
        voice: VoiceStatistics | None = None,
        label: int | None = None,
    ) -> None:
        self._recognizer = recognizer
        self.x = x
        self._windows = recognizer.windows(len(x))
        self._scores = [recognizer.score(x[rows]) for rows in self._windows]
        self._voice = voice
        self.probabilities = recognizer.softmax(recognizer.mean(self._scores, voice))
        self.label = int(self.probabilities.argmax()) if label is None else label

    def without(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_] | None = None) -> Without:
        """Return the answer without nodes, or without some features of them.

        Args:
            rows: (n,) whether a node is left out.
            columns: (d,) whether a feature is; by default all.
        """
        changed = self.x.copy()
        changed[np.ix_(rows, np.ones(self.x.shape[1], bool) if columns is None else columns)] = 0.0
        scores = [
            self._recognizer.score(changed[part]) if rows[part].any() else known
            for part, known in zip(self._windows, self._scores, strict=True)
        ]
        probabilities = self._recognizer.softmax(self._recognizer.mean(scores, self._voice))
        drop = _log_odds(self.probabilities, self.label) - _log_odds(probabilities, self.label)
        return Without(probabilities, drop)


def attribute(
    recognizer: Recognizer,
    x: NDArray[np.float32],
    first: float,
    groups: Mapping[str, NDArray[np.bool_]],
    voice: VoiceStatistics | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Attribution:
    """Find what moved the answer to an utterance.

    Args:
        recognizer: the model.
        x: (n, d) normalised nodes.
        first: middle of the first node in seconds.
        groups: name to the features (d,) that belong to it.
        voice: statistics of the speaker; None if nothing is known.
        progress: called with the share of the work that is done.

    Raises:
        EdgeSerError: a logit is not finite.
    """
    occlusion = Occlusion(recognizer, x, voice)
    step = recognizer.bundle.features.step
    size = recognizer.bundle.features.count(_MOMENT)
    moments = np.arange(len(x)) // size
    count = int(moments[-1]) + 1
    drops = np.empty(count)
    for moment in range(count):
        drops[moment] = occlusion.without(moments == moment).drop
        progress(moment / count / 2)
    middles = first + step * np.array([np.flatnonzero(moments == m).mean() for m in range(count)])
    everywhere = np.ones(len(x), bool)

    def probability(parts: NDArray[np.intp]) -> float:
        return float(occlusion.without(np.isin(moments, parts)).probabilities[occlusion.label])

    return Attribution(
        label=occlusion.label,
        probabilities=occlusion.probabilities,
        times=middles,
        step=size * step,
        drops=drops,
        stretch=_stretch(occlusion, moments, drops, middles, size * step),
        groups={name: occlusion.without(everywhere, own) for name, own in groups.items()},
        curve=deletion_curve(probability, drops, lambda share: progress(0.5 + share / 2)),
    )


def _stretch(
    occlusion: Occlusion,
    moments: NDArray[np.intp],
    drops: NDArray[np.float64],
    middles: NDArray[np.float64],
    step: float,
) -> Stretch | None:
    """Leave out a stretch, wherever that lowers the log-odds most."""
    width = round(max(_SPAN / step, _SHARE * len(drops)))
    if len(drops) < 2 * width:
        return None
    found = [
        occlusion.without((moments >= begin) & (moments < begin + width))
        for begin in range(len(drops) - width + 1)
    ]
    begin = int(np.argmax([without.drop for without in found]))
    start, end = middles[begin] - step / 2, middles[begin + width - 1] + step / 2
    return Stretch(float(start), float(end), found[begin])


def deletion_curve(
    probability: Callable[[NDArray[np.intp]], float],
    importance: NDArray[np.float64],
    progress: Callable[[float], None] = lambda share: None,
) -> DeletionCurve:
    """Leave out more and more parts of an utterance, in three orders.

    Args:
        probability: returns the probability of the chosen label without some of the parts.
        importance: (m,) of each part, which gives the order.
        progress: called with the share of the work that is done.
    """
    count = len(importance)
    left_out = np.unique(np.linspace(0, count, min(_STEPS, count) + 1).round().astype(int))
    rng = np.random.default_rng(0)
    foremost = np.argsort(-importance, kind="stable")
    orders = [foremost, foremost[::-1], *(rng.permutation(count) for _ in range(_ORDERS))]
    curves = np.empty((len(orders), len(left_out)))
    for i, order in enumerate(orders):
        curves[i] = [probability(order[:number]) for number in left_out.tolist()]
        progress((i + 1) / len(orders))
    return DeletionCurve(left_out / count, curves[0], curves[1], curves[2:].mean(axis=0))


def _log_odds(probabilities: NDArray[np.float64], label: int) -> float:
    """Return log p / (1 - p) of a label: its logit, compared with those of the others."""
    others = np.delete(probabilities, label).sum()
    tiny = np.finfo(np.float64).tiny
    return float(np.log(probabilities[label] + tiny) - np.log(others + tiny))


def _area(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Integrate by trapezoids."""
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
