"""Cached computations on clips in a condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge_ser.audio import SAMPLING_RATE
from train.conditions import augment, babble
from train.features.audio import clip_hash, samples
from train.features.cache import Arrays, Cache

if TYPE_CHECKING:
    from train.conditions.sounds import Sounds
    from train.corpora import Row

Compute = Callable[[NDArray[np.int16]], Arrays]
"""From (n,) samples at 16 kHz to named arrays; must be picklable."""


def compute_clips(
    rows: Sequence[Row],
    variant: str,
    kind: str,
    compute: Compute,
    cache: Cache,
    sounds: Sounds | None = None,
) -> list[Arrays]:
    """Call ``compute`` on the audio of each row in a variant, unless the result is cached.

    Args:
        rows: the clips; babble speakers are drawn from them too, see
            :mod:`train.conditions.babble`.
        variant: how to alter the clips, see :mod:`train.conditions.augment`.
        kind: name of ``compute`` and its version in the keys.
        compute: called with the altered samples, in another process.
        cache: where results are kept.
        sounds: what channels are made of.

    Returns:
        The results of ``compute``, in the order of ``rows``.

    Raises:
        EdgeSerError: an audio file cannot be used, the variant is unknown, or the rows have too
            few speakers for it.
    """
    hashes = [clip_hash(row) for row in rows]
    behind: Sequence[Sequence[int]] = [()] * len(rows)
    if augment.babbles(variant):
        behind = babble.choose_speakers(rows, hashes)
    altered = augment.versioned(variant)
    wanted = []
    for row, digest, places in zip(rows, hashes, behind, strict=True):
        key = [digest, altered, kind, *(hashes[place] for place in places)]
        if sounds and augment.sounds_needed(variant):
            key += [f"{row.corpus}/{row.speaker}", sounds.digest]
        voices = [rows[place] for place in places]
        wanted.append((key, partial(_compute, row, digest, voices, variant, compute, sounds)))
    return cache.get(wanted, f"{kind}, {variant}")


def _compute(
    row: Row,
    digest: str,
    voices: Sequence[Row],
    variant: str,
    compute: Compute,
    sounds: Sounds | None,
) -> tuple[Arrays, float]:
    behind = [samples(voice) for voice in voices]
    name = f"{row.corpus}/{row.speaker}"
    heard = augment.apply(samples(row), variant, digest, behind, name, sounds)
    return compute(heard), len(heard) / SAMPLING_RATE
