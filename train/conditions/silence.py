"""Inserted silence: digital zeros between the samples of a clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = (800, 4800)  # samples: 50 to 300 ms at 16 kHz
_APART = 1600  # samples: 100 ms
_NEAR = 160  # samples: 10 ms


def insert_silence(
    samples: NDArray[np.int16], percent: int, random: np.random.Generator
) -> NDArray[np.int16]:
    """Insert digital silence between ``samples``, all of which are kept unchanged and in order.

    The silence comes in pieces of 50 to 300 ms (one shorter piece if the total is below 50 ms) at
    random places, each moved by at most 10 ms to where the signal is nearest to zero, to avoid
    clicks. A pause of 0.6 s would close the utterance (:mod:`edge_ser.speech.endpointer`), and two
    of the longest pieces add up to that, so at least 80 ms of the clip stay between any two. Where
    the clip itself pauses, its pause and the pieces add up and may split an utterance, as a real
    pause of that length would.

    Args:
        samples: (n,) at 16 kHz.
        percent: share of silence in the result, 0 to 50.
        random: draws places and lengths.

    Returns:
        (n / (1 - percent / 100),), rounded to whole samples.
    """
    total = round(len(samples) * percent / (100 - percent))
    if not total:
        return samples
    count = max(1, round(total / np.mean(_PIECE)))
    steps = _steps(samples)
    places = [_quietest(steps, place) for place in _places(len(samples), count, random)]
    return np.insert(samples, np.repeat(places, _lengths(total, count, random)), 0)


def _places(length: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Draw (count,) ascending places in ``length`` samples, spaced as silence pieces must be."""
    apart = min(_APART, length // (count + 1))
    free = np.sort(random.integers(length - (count + 1) * apart + 1, size=count))
    return free + apart * np.arange(1, count + 1)


def _lengths(total: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Draw (count,) lengths of pieces that add up to ``total``."""
    shortest, longest = _PIECE
    lengths = random.uniform(shortest, longest, count)
    # all move towards one bound by the same factor, so that none leaves the bounds
    bound = shortest if lengths.sum() > total else longest
    lengths = bound + (lengths - bound) * (total - count * bound) / (lengths.sum() - count * bound)
    return np.diff(np.round(np.cumsum(lengths)), prepend=0.0).astype(np.int64)


def _steps(samples: NDArray[np.int16]) -> NDArray[np.int64]:
    """Compute the larger jump to or from a zero inserted at each of the (n + 1,) places."""
    size = np.abs(np.pad(samples.astype(np.int64), 1))
    return np.maximum(size[:-1], size[1:])


def _quietest(steps: NDArray[np.int64], place: int) -> int:
    """Return the place within 10 ms of ``place`` with the smallest jump."""
    first = max(place - _NEAR, 0)
    return first + int(steps[first : place + _NEAR + 1].argmin())
