"""TESS: an older and a younger Canadian actress, 200 words (Pichora-Fuller and Dupuis, 2020).

``SPEAKER_WORD_EMOTION``, in folders named after speaker and emotion or all in one folder; the words
are spoken in the carrier phrase "Say the word …".

Pitfalls: one file of the older actress (OAF) is called ``OA_bite_neutral``. Folder names differ in
spelling (``OAF_Sad``, ``YAF_sad``), so only file names are used. A widespread copy holds every clip
twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edge_ser.events import LABELS
from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

if TYPE_CHECKING:
    from pathlib import Path

_EMOTIONS = {emotion: emotion for emotion in LABELS}


def _clip(path: Path) -> str:
    """Return the clip's name in the regular spelling, ``OAF_word_emotion``."""
    speaker, _, rest = path.stem.partition("_")
    return f"{speaker.upper().removesuffix('F')}F_{rest.lower()}"


READER = filename_reader(
    "tess",
    example="OAF_back_angry.wav",
    pattern=re.compile(r"(?P<speaker>OAF|YAF)_(?P<text>[a-z]+)_(?P<emotion>[a-z]+)"),
    emotions=_EMOTIONS,
    texts="Say the word {}",
    clip=_clip,
    complete=Complete(speakers=("OAF", "YAF"), emotions=dict.fromkeys(_EMOTIONS, 400)),
)
