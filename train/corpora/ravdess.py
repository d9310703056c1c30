"""RAVDESS: 24 North American actors (Livingstone and Russo, 2018), speech only.

``03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR``; calm counts as neutral.
"""

from __future__ import annotations

import re

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_EMOTIONS = {"01": "neutral", "02": "neutral", "03": "happy", "04": "sad", "05": "angry"}
_TEXTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}

READER = filename_reader(
    "ravdess",
    example="03-01-01-01-01-01-01.wav",
    pattern=re.compile(r"03-01-(?P<emotion>\d\d)-\d\d-(?P<text>\d\d)-\d\d-(?P<speaker>\d\d)"),
    emotions=_EMOTIONS,
    texts=_TEXTS,
    complete=Complete(
        speakers=tuple(f"{actor:02}" for actor in range(1, 25)),
        emotions={"angry": 192, "happy": 192, "neutral": 288, "sad": 192},
    ),
)
