"""Pauses that nobody made: digital silence between the samples of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PIECE = (800, 4800)  # samples: 50 to 300 ms at 16 kHz
_APART = 1600  # samples: 100 ms
_NEAR = 160  # samples: 10 ms


def insert_silence(
    samples: NDArray[np.int16], percent: int, random: np.random.Generator
) -> NDArray[np.int16]:
    """``samples`` with digital silence put between them; none is changed, moved or lost.

    The silence comes in pieces of 50 to 300 ms (one shorter piece where less than 50 ms is asked
    for), at random places where the signal comes nearest to zero within 10 ms, so that none
    clicks. A pause of 0.6 s would close the utterance (:mod:`edge_ser.utterances`): two of the
    longest pieces make that together, so at least 80 ms of the clip stay between any two. Where
    the clip itself pauses there, its pause and the pieces add up, and an utterance may be
    divided, as it would be if someone paused as long.

    Args:
        samples: (n,) at 16 kHz.
        percent: of the result, 0 to 50.
        random: chooses places and lengths.

    Returns:
        (n / (1 - percent / 100),) to the nearest sample.
    """
    total = round(len(samples) * percent / (100 - percent))
    if not total:
        return samples
    count = max(1, round(total / np.mean(_PIECE)))
    steps = _steps(samples)
    places = [_quietest(steps, place) for place in _places(len(samples), count, random)]
    return np.insert(samples, np.repeat(places, _lengths(total, count, random)), 0)


def _places(length: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """(count,) rising places in ``length`` samples, as far apart as pieces of silence must be."""
    apart = min(_APART, length // (count + 1))
    free = np.sort(random.integers(length - (count + 1) * apart + 1, size=count))
    return free + apart * np.arange(1, count + 1)


def _lengths(total: int, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """(count,) lengths of pieces that make ``total`` together."""
    shortest, longest = _PIECE
    lengths = random.uniform(shortest, longest, count)
    # all of them nearer to one bound by the same share: none leaves the bounds
    bound = shortest if lengths.sum() > total else longest
    lengths = bound + (lengths - bound) * (total - count * bound) / (lengths.sum() - count * bound)
    return np.diff(np.round(np.cumsum(lengths)), prepend=0.0).astype(np.int64)


def _steps(samples: NDArray[np.int16]) -> NDArray[np.int64]:
    """(n + 1,) the larger step to or from a zero put before each sample, or after the last."""
    size = np.abs(np.pad(samples.astype(np.int64), 1))
    return np.maximum(size[:-1], size[1:])


def _quietest(steps: NDArray[np.int64], place: int) -> int:
    """The place near ``place`` with the smallest step."""
    first = max(place - _NEAR, 0)
    return first + int(steps[first : place + _NEAR + 1].argmin())
