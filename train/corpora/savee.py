"""SAVEE: four English men (Haq and Jackson, 2010).

``DC/a01.wav``, one folder per speaker, or flat, ``DC_a01.wav``: one or two emotion letters, number
of the sentence. The corpus has its sentences in a table, which is not read.

Pitfalls: the speakers' folders hold files of the same names. ``sa`` is sad, ``su`` surprise; ``s``
alone has no meaning. Some copies hold both layouts: each clip is taken once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

if TYPE_CHECKING:
    from pathlib import Path

_SPEAKERS = ("DC", "JE", "JK", "KL")
_EMOTIONS = {"a": "angry", "h": "happy", "n": "neutral", "sa": "sad"}


def _clip(path: Path) -> str:
    """Return the clip's name in the flat layout."""
    return path.stem if "_" in path.stem else f"{path.parent.name}_{path.stem}"


READER = filename_reader(
    "savee",
    example="DC/a01.wav or DC_a01.wav",
    pattern=re.compile(rf"(?P<speaker>{'|'.join(_SPEAKERS)})_(?P<emotion>[a-z]+)\d\d"),
    emotions=_EMOTIONS,
    clip=_clip,
    complete=Complete(_SPEAKERS, {"angry": 60, "happy": 60, "neutral": 120, "sad": 60}),
)
