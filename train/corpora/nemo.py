"""nEMO: nine Polish speakers (Christop, 2024).

``SPEAKER_EMOTION_SENTENCE``; the corpus has its transcripts in a table, which is not read.
"""

from __future__ import annotations

import re

from train.corpora.filenames import filename_reader

_EMOTIONS = {"anger": "angry", "happiness": "happy", "neutral": "neutral", "sadness": "sad"}

READER = filename_reader(
    "nemo",
    example="SK1_anger_1.wav",
    pattern=re.compile(r"(?P<speaker>[A-Za-z0-9]+)_(?P<emotion>[a-z]+)_\d+"),
    emotions=_EMOTIONS,
    complete=None,
)
