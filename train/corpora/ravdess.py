"""RAVDESS: 24 North American actors (Livingstone and Russo, 2018), speech only.

``03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR``; calm counts as neutral.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.rows import Complete, Reader, Row, audio_files

NAME = "ravdess"
_FILE = re.compile(r"03-01-(\d\d)-\d\d-(\d\d)-\d\d-(\d\d)")
_EMOTIONS = {"01": "neutral", "02": "neutral", "03": "happy", "04": "sad", "05": "angry"}
_TEXTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder):
        match = _FILE.fullmatch(path.stem)
        if match and match[1] in _EMOTIONS:
            emotion, text = _EMOTIONS[match[1]], _TEXTS.get(match[2])
            rows.append(Row(NAME, path, None, None, match[3], emotion, text))
    return rows


READER = Reader(
    NAME,
    "03-01-01-01-01-01-01.wav",
    read,
    Complete(
        speakers=tuple(f"{actor:02}" for actor in range(1, 25)),
        emotions={"angry": 192, "happy": 192, "neutral": 288, "sad": 192},
    ),
)
