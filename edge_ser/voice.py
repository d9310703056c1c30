"""Statistics of the voice that is heard, which normalise what it says next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 3_000.0
"""Nodes (weighted) that are remembered: five minutes of speech at ten nodes a second."""
NEUTRAL = "neutral"
"""Label of ordinary speech, which tells more about a voice than emotional speech does."""
_LEAST_DEVIATION = 0.1  # of the training speakers': a short utterance may hardly vary
MARGIN = 1.3
"""Logit that neutral speech of a voice should have, less the mean of its logits."""


class VoiceStatistics:
    r"""Running mean and variance of a voice's nodes, with the training speakers' as prior.

    Online mean and variance normalisation, as speech recognisers do it. Nodes are those of
    :class:`edge_ser.normalisation.Normalisation`, so the prior has mean 0 and variance 1:

    .. math::
        \mu = \frac{n}{n_0 + n} \bar{z}, \qquad
        \sigma^2 = \frac{n_0 + n \overline{z^2}}{n_0 + n} - \mu^2

    Args:
        prior: :math:`n_0`, the number of nodes that the prior counts for.
        count: n, the weighted number of nodes that were heard.
        mean: (d,) :math:`\bar{z}`, their weighted mean; zeros by default.
        mean_square: (d,) :math:`\overline{z^2}`, the weighted mean of their squares; likewise.
        offset: (C,) added to the logits of this voice, see :func:`enrolment_offset`; None: nothing.

    >>> voice = VoiceStatistics(100.0)
    >>> voice.transform(np.float32([[1, 2]]), limit=5.0)
    array([[1., 2.]], dtype=float32)
    >>> voice.hear(np.float32([[3, 0]] * 300), weight=1.0)
    >>> voice.transform(np.float32([[3, 0]]), limit=5.0)
    array([[0.5388159, 0.       ]], dtype=float32)
    """

    def __init__(
        self,
        prior: float,
        count: float = 0.0,
        mean: NDArray[np.float64] | None = None,
        mean_square: NDArray[np.float64] | None = None,
        offset: NDArray[np.float32] | None = None,
    ) -> None:
        nothing = np.zeros(1)
        self.prior = prior
        self.count = count
        self.mean = nothing if mean is None else mean
        self.mean_square = nothing if mean_square is None else mean_square
        self.offset = offset

    def __repr__(self) -> str:
        return f"VoiceStatistics(prior={self.prior:g}, count={self.count:.1f})"

    def take(self, other: VoiceStatistics) -> None:
        """Go on from other statistics."""
        self.count, self.mean, self.mean_square = other.count, other.mean, other.mean_square
        self.offset = other.offset

    def copy(self) -> VoiceStatistics:
        """Return statistics that go on from here by themselves."""
        return VoiceStatistics(self.prior, self.count, self.mean, self.mean_square, self.offset)

    def hear(self, nodes: NDArray[np.float32], weight: float) -> None:
        """Add an utterance, and forget what exceeds :data:`LONGEST`.

        Args:
            nodes: (n, d) normalised nodes.
            weight: of each node, see :func:`weight`.
        """
        values = nodes.astype(np.float64)
        self.add(weight * len(nodes), weight * values.sum(0), weight * (values**2).sum(0))

    def add(self, count: float, total: NDArray[np.float64], squares: NDArray[np.float64]) -> None:
        """Add ``count`` nodes with these (d,) sums of their values and of their squares."""
        both = self.count + count
        if both:
            self.mean = (self.count * self.mean + total) / both
            self.mean_square = (self.count * self.mean_square + squares) / both
            self.count = min(both, LONGEST)

    def transform(self, nodes: NDArray[np.float32], limit: float) -> NDArray[np.float32]:
        """Normalise (n, d) nodes by the statistics; the result is clamped to ± ``limit``."""
        if not self.count:
            return nodes
        share = self.count / (self.prior + self.count)
        mean = share * self.mean
        variance = (1 - share) + share * self.mean_square - mean**2
        deviation = np.sqrt(np.maximum(variance, _LEAST_DEVIATION**2))
        scaled = (nodes - mean.astype(np.float32)) / deviation.astype(np.float32)
        return np.clip(scaled, -limit, limit)


def weight(neutral: float) -> float:
    """Return the weight of an utterance in the statistics, by its probability of being neutral.

    Plain running normalisation would subtract the emotion of someone who shows only one; emotional
    utterances therefore count a quarter, as does every utterance where no label says neutral.
    """
    return 0.25 + 0.75 * neutral


def enrolment_offset(
    logits: NDArray[np.float32], neutral: int, share: float
) -> NDArray[np.float32]:
    r"""Compute what is added to all logits of a voice, given its logits when it spoke neutrally.

    A stranger's neutral voice may sound sad or angry to a network, and so does all that it says.
    The offset takes back a share of that (an additive logit adjustment, as Menon et al. 2021,
    "Long-tail learning via logit adjustment", equation (9), make it for rare classes):

    .. math:: b = s \, (t - l), \qquad t_c = 1.3 \text{ if } c \text{ is neutral, else }
        -1.3 / (C - 1)

    with :math:`l` the logits less their mean. Training speakers have about this :math:`t`. All of
    :math:`t - l` would be too much: how neutral is told from other speech differs by corpus, too.

    Args:
        logits: (C,) mean over the utterances.
        neutral: index of the label.
        share: s, 0 to 1.

    >>> enrolment_offset(np.float32([0, 0, 0, 2]), neutral=2, share=0.3).round(2)
    array([ 0.02,  0.02,  0.54, -0.58], dtype=float32)
    """
    target = np.full(len(logits), -MARGIN / (len(logits) - 1), np.float32)
    target[neutral] = MARGIN
    return np.float32(share) * (target - (logits - logits.mean()))
