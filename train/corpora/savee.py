"""SAVEE: four English men (Haq and Jackson, 2010).

``DC/a01.wav``, one folder a speaker, or flat, ``DC_a01.wav``: emotion letter or letters, number
of the sentence. The corpus keeps its sentences in a table that is not read.

Traps: every speaker's folder holds files of the same names. ``sa`` is sad, ``su`` surprise; ``s``
alone is nothing. Copies hold both layouts: a clip is taken once.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_SPEAKERS = ("DC", "JE", "JK", "KL")
_EMOTIONS = {"a": "angry", "h": "happy", "n": "neutral", "sa": "sad"}


def _clip(path: Path) -> str:
    """The clip's name in the flat layout."""
    return path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}"


READER = filename_reader(
    "savee",
    example="DC/a01.wav or DC_a01.wav",
    pattern=re.compile(rf"(?P<speaker>{'|'.join(_SPEAKERS)})_(?P<emotion>[a-z]+)\d\d"),
    emotions=_EMOTIONS,
    clip=_clip,
    complete=Complete(_SPEAKERS, {"angry": 60, "happy": 60, "neutral": 120, "sad": 60}),
)
