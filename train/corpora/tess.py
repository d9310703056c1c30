"""TESS: an older and a younger Canadian actress, 200 words (Pichora-Fuller and Dupuis, 2020).

``SPEAKER_WORD_EMOTION``, in folders named after speaker and emotion or in one; the words are said
in the carrier phrase "Say the word …".

Traps: one file is called ``OA_bite_neutral``, of the older actress (OAF) as all the others are.
Folders are spelled ``OAF_Sad`` and ``YAF_sad``, so the files' own names tell. A widespread copy
holds every clip twice.
"""

from __future__ import annotations

import re
from pathlib import Path

from edge_ser.events import LABELS
from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_EMOTIONS = {emotion: emotion for emotion in LABELS}


def _clip(path: Path) -> str:
    """The clip's name as it should be spelled: ``OAF_word_emotion``."""
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
