"""Who babbles in the background of a clip: six people from the other clips at hand."""

from __future__ import annotations

from collections.abc import Sequence

from edge_ser.errors import EdgeSerError
from train.augment import seeded
from train.corpora import Row

VOICES = 6


def choose(rows: Sequence[Row], hashes: Sequence[str]) -> list[list[int]]:
    """For every row the places in ``rows`` of six clips by six speakers, never its own.

    Drawn by the clip's hash: first the speakers, of whatever corpus, then a clip of each. The
    same clips at hand give the same choice, in whatever order they come.

    Args:
        rows: the clips, R of them.
        hashes: (R,) what names each clip's audio.

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
