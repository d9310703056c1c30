"""nEMO: nine Polish speakers (Christop, 2024).

``SPEAKER_EMOTION_SENTENCE``; the corpus keeps its transcripts in a table that is not read.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.rows import Reader, Row, audio_files

NAME = "nemo"
_FILE = re.compile(r"([A-Za-z0-9]+)_([a-z]+)_\d+")
_EMOTIONS = {"anger": "angry", "happiness": "happy", "neutral": "neutral", "sadness": "sad"}


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder):
        match = _FILE.fullmatch(path.stem)
        if match and match[2] in _EMOTIONS:
            rows.append(Row(NAME, path, None, None, match[1], _EMOTIONS[match[2]]))
    return rows


READER = Reader(NAME, "SK1_anger_1.wav", read, complete=None)
