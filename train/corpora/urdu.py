"""URDU: utterances from Urdu talk shows (Latif et al., 2018).

``Angry/SM1_F1_A01.wav``: speaker (SF a woman, SM a man), number of the speaker's clip, emotion
letter and number. The folders are Angry, Happy, Neutral and Sad.

Pitfalls: the corpus announces 38 speakers, but its files name only 29: SM8 to SM16 are missing. The
``F1`` in the middle is not a speaker.
"""

from __future__ import annotations

import re

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_EMOTIONS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}
_WOMEN, _MEN = range(1, 12), (*range(1, 8), *range(17, 28))

READER = filename_reader(
    "urdu",
    example="SM1_F1_A01.wav",
    pattern=re.compile(r"(?P<speaker>S[FM]\d+)_F\d+_(?P<emotion>[AHNS])\d+"),
    emotions=_EMOTIONS,
    complete=Complete(
        speakers=tuple(sorted([f"SF{i}" for i in _WOMEN] + [f"SM{i}" for i in _MEN])),
        emotions=dict.fromkeys(_EMOTIONS.values(), 100),
    ),
)
