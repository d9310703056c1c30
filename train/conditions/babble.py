"""Babble: clips of six other speakers, drawn from the given clips and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError
from train.conditions.noise import active_rms, unit_power
from train.conditions.seeding import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from train.corpora import Row

VOICES = 6


def choose_speakers(rows: Sequence[Row], hashes: Sequence[str]) -> list[list[int]]:
    """Choose babble for each row: six clips by six other speakers, as indices into ``rows``.

    Seeded by the clip's hash: first draws the speakers, from any corpus, then a clip of each. The
    same set of clips gives the same choice, whatever their order.

    Args:
        rows: the R clips.
        hashes: (R,) hash of each clip's audio.

    Raises:
        EdgeSerError: there are fewer than seven speakers.
    """
    clips: dict[tuple[str, str], dict[str, int]] = {}
    for place, (row, clip) in enumerate(zip(rows, hashes, strict=True)):
        clips.setdefault((row.corpus, row.speaker), {}).setdefault(clip, place)
    if len(clips) <= VOICES:
        raise EdgeSerError(
            f"babble is made of {VOICES} other speakers, and there are {len(clips)} in all: add a "
            "corpus"
        )
    places = {
        speaker: [clips[speaker][clip] for clip in sorted(clips[speaker])]
        for speaker in sorted(clips)
    }
    chosen = []
    for row, clip in zip(rows, hashes, strict=True):
        random = seeded(f"{clip}/voices")
        others = [places[speaker] for speaker in places if speaker != (row.corpus, row.speaker)]
        drawn = random.choice(len(others), VOICES, replace=False)
        chosen.append([others[i][random.integers(len(others[i]))] for i in drawn])
    return chosen


def babble(
    voices: Sequence[NDArray[np.float64]], length: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Mix the ``voices`` into (length,) noise of power 1.

    Args:
        voices: (n_i,) speech at 16 kHz; each is scaled to the same :func:`active_rms`, started at
            a random sample and repeated to ``length``.
        length: in samples.
        random: draws the start samples.
    """
    looped = [
        np.take(voice / (active_rms(voice) or 1.0), start + np.arange(length), mode="wrap")
        for voice in voices
        for start in (random.integers(len(voice)),)
    ]
    return unit_power(np.stack(looped).sum(axis=0))
