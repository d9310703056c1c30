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

from train.corpora.rows import Complete, Reader, Row, audio_files

NAME = "tess"
_FILE = re.compile(r"(OAF?|YAF)_([a-z]+)_([a-z]+)", re.IGNORECASE)
_EMOTIONS = ("angry", "happy", "neutral", "sad")


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder):
        match = _FILE.fullmatch(path.stem)
        if match and match[3].lower() in _EMOTIONS:
            speaker = "YAF" if match[1].upper() == "YAF" else "OAF"
            text = f"Say the word {match[2].lower()}"
            rows.append(Row(NAME, path, None, None, speaker, match[3].lower(), text))
    return rows


READER = Reader(
    NAME,
    "OAF_back_angry.wav",
    read,
    Complete(speakers=("OAF", "YAF"), emotions=dict.fromkeys(_EMOTIONS, 400)),
)
