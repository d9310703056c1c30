"""Make the bundled demo clip: eight sentences of one actor of CREMA-D.

    python device/make_demo.py [CREMA-D]

The folder holds the corpus and the crowd's table; by default it is ``$EDGE_SER_CORPORA/crema-d``.
Nothing is random: the same copy of the corpus gives the same samples. The bundled clip was made
from a copy at 11,025 Hz.

The actor is 1006, whom the bundled models have never heard (``without`` in ``train/configs/``). A
clip of hers may be taken if one emotion had the most votes of the crowd, who did not see her, and
it is the one that was meant. Of these clips the one that the crowd found strongest comes first. A
clip is taken unless there are two of its emotion already, or its sentence was taken before. No
model is asked. The order in the clip is angry, happy, neutral, sad, and the same again; the level
is that of the recording; a second of silence is before, between and after the sentences.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from edge_ser.audio import SAMPLING_RATE
from edge_ser.audio.convert import to_samples
from edge_ser.demo import PATH, TABLE, Sentence
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora import crema_d

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from train.corpora import Row

ACTOR = "1006"
EACH = 2
"""Sentences per emotion."""
PAUSE = 1.0
"""Seconds of silence around a sentence: more than the pause that ends an utterance."""


def choose(folder: Path) -> list[tuple[Row, float]]:
    """Choose the clips of the corpus in ``folder`` by the rule above.

    Returns:
        the clips in the order of the demo, and how strong the crowd found them, 0 to 100.

    Raises:
        EdgeSerError: there are too few that may be taken.
    """
    crowd = crema_d.crowd(folder)
    heard = [
        (row, float(crowd[row.path.stem][1]))
        for row in crema_d.READER.read(folder)
        if row.speaker == ACTOR
        and row.path.stem in crowd
        and crema_d.VOTES.get(crowd[row.path.stem][0]) == row.emotion
    ]
    heard.sort(key=lambda pair: (-pair[1], pair[0].path.stem))
    chosen: dict[str, list[tuple[Row, float]]] = {label: [] for label in LABELS}
    for row, strength in heard:
        taken = {other.text for pairs in chosen.values() for other, _ in pairs}
        if len(chosen[row.emotion]) < EACH and row.text not in taken:
            chosen[row.emotion].append((row, strength))
    if any(len(pairs) < EACH for pairs in chosen.values()):
        raise EdgeSerError(
            f"{folder}: too few clips of actor {ACTOR} with votes; give a whole copy of CREMA-D "
            "with its votes.csv or processedResults/summaryTable.csv"
        )
    return [pair for round_ in zip(*chosen.values(), strict=True) for pair in round_]


def make(folder: Path) -> tuple[NDArray[np.int16], list[Sentence]]:
    """Make the clip, int16 at 16 kHz, and its table.

    Raises:
        EdgeSerError: see :func:`choose`.
    """
    pieces = [np.zeros(round(PAUSE * SAMPLING_RATE), np.int16)]
    sentences = []
    for row, strength in choose(folder):
        assert row.text is not None
        signal, rate = soundfile.read(row.path, dtype="int16")
        spoken = np.concatenate([*to_samples([signal], rate, row.path.name)])
        start = sum(map(len, pieces)) / SAMPLING_RATE
        sentences.append(
            Sentence(
                clip=row.path.stem,
                text=row.text,
                start=round(start, 3),
                end=round(start + len(spoken) / SAMPLING_RATE, 3),
                meant=row.emotion,
                heard=row.emotion,
                strength=strength,
            )
        )
        pieces += [spoken, pieces[0]]
    return np.concatenate(pieces), sentences


def main(argv: Sequence[str] | None = None) -> int:
    """Write the clip and its table; return the exit code."""
    parser = argparse.ArgumentParser(description="Make the demo clip from CREMA-D.")
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument(
        "folder",
        nargs="?" if corpora else None,
        type=Path,
        default=Path(corpora) / "crema-d" if corpora else None,
        metavar="CREMA-D",
        help="folder of the corpus (default: $EDGE_SER_CORPORA/crema-d)",
    )
    try:
        clip, sentences = make(parser.parse_args(argv).folder)
    except EdgeSerError as error:
        sys.stderr.write(f"make_demo: {error}\n")
        return 1
    soundfile.write(PATH, clip, SAMPLING_RATE, compression_level=1.0)
    table = [asdict(sentence) for sentence in sentences]
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    seconds, size = len(clip) / SAMPLING_RATE, PATH.stat().st_size
    sys.stdout.write(f"{PATH}: {seconds:.1f} s, {size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
