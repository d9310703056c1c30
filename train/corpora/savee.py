"""SAVEE: four English men (Haq and Jackson, 2010).

``DC/a01.wav``, one folder a speaker, or flat, ``DC_a01.wav``: emotion letter or letters, number
of the sentence. The corpus keeps its sentences in a table that is not read.

Traps: every speaker's folder holds files of the same names. ``sa`` is sad, ``su`` surprise; ``s``
alone is nothing. Copies hold both layouts: a clip is taken once.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.rows import Complete, Reader, Row, audio_files

NAME = "savee"
_SPEAKERS = ("DC", "JE", "JK", "KL")
_CLIP = re.compile(rf"({'|'.join(_SPEAKERS)})_([a-z]+)\d\d")
_EMOTIONS = {"a": "angry", "h": "happy", "n": "neutral", "sa": "sad"}


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder, _clip):
        match = _CLIP.fullmatch(_clip(path))
        if match and match[2] in _EMOTIONS:
            rows.append(Row(NAME, path, None, None, match[1], _EMOTIONS[match[2]]))
    return rows


def _clip(path: Path) -> str:
    """The clip's name in the flat layout."""
    return path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}"


READER = Reader(
    NAME,
    "DC/a01.wav or DC_a01.wav",
    read,
    Complete(_SPEAKERS, {"angry": 60, "happy": 60, "neutral": 120, "sad": 60}),
)
