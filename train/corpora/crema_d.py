"""CREMA-D: 91 North American actors, twelve sentences (Cao et al., 2014).

``ACTOR_SENTENCE_EMOTION_INTENSITY``; the emotion is the acted one, not the one that the crowd
perceived.

Pitfalls: the authors list four broken clips; three of them have one of our emotions and are left
out (two hold almost no audio, one has no duration). The unspecified intensity is ``XX``, but
``X`` in one clip. ``AudioMP3`` holds the same clips again and is not read. A clone without Git LFS
holds text files named ``.wav``, which are unreadable.
"""

from __future__ import annotations

import re

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_EMOTIONS = {"ANG": "angry", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
_BROKEN = frozenset({"1064_TIE_SAD_XX", "1076_MTI_NEU_XX", "1076_MTI_SAD_XX"})
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

READER = filename_reader(
    "crema-d",
    example="1001_DFA_ANG_XX.wav",
    pattern=re.compile(r"(?P<speaker>1\d{3})_(?P<text>[A-Z]{3})_(?P<emotion>[A-Z]{3})_[A-Z]{1,2}"),
    emotions=_EMOTIONS,
    texts=_TEXTS,
    broken=_BROKEN,
    complete=Complete(
        speakers=tuple(str(actor) for actor in range(1001, 1092)),
        # 1271, 1271, 1087 and 1271 files, less the broken ones
        emotions={"angry": 1271, "happy": 1271, "neutral": 1086, "sad": 1269},
    ),
)
