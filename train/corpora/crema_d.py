"""CREMA-D: 91 North American actors, twelve sentences (Cao et al., 2014).

``ACTOR_SENTENCE_EMOTION_INTENSITY``; the emotion is the one that was acted, not the one that the
crowd heard.

Traps: the authors name four clips that are broken; three would be ours and are left out (two
hold next to no audio, one has no duration). One clip's intensity is ``X``, the others'
``XX``. ``AudioMP3`` holds the same clips again, which are not read. A clone without Git LFS holds
text files named ``.wav``: they are unreadable.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.rows import Complete, Reader, Row, audio_files

NAME = "crema-d"
_FILE = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_[A-Z]{1,2}")
_EMOTIONS = {"ANG": "angry", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
_BROKEN = {"1064_TIE_SAD_XX", "1076_MTI_NEU_XX", "1076_MTI_SAD_XX"}
_TEXTS = {
    "DFA": "Don't forget a jacket",
    "IEO": "It's eleven o'clock",
    "IOM": "I'm on my way to the meeting",
    "ITH": "I think I have a doctor's appointment",
    "ITS": "I think I've seen this before",
    "IWL": "I would like a new alarm clock",
    "IWW": "I wonder what this is about",
    "MTI": "Maybe tomorrow it will be cold",
    "TAI": "The airplane is almost full",
    "TIE": "That is exactly what happened",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder):
        match = _FILE.fullmatch(path.stem)
        if match and match[3] in _EMOTIONS and path.stem not in _BROKEN:
            emotion, text = _EMOTIONS[match[3]], _TEXTS.get(match[2])
            rows.append(Row(NAME, path, None, None, match[1], emotion, text))
    return rows


READER = Reader(
    NAME,
    "1001_DFA_ANG_XX.wav",
    read,
    Complete(
        speakers=tuple(str(actor) for actor in range(1001, 1092)),
        # of 1271, 1271, 1087 and 1271 files, those that are not broken
        emotions={"angry": 1271, "happy": 1271, "neutral": 1086, "sad": 1269},
    ),
)
