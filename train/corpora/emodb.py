"""EmoDB: ten German actors (Burkhardt et al., 2005).

``SSTTTEv``: speaker, text, emotion letter, version.
"""

from __future__ import annotations

import re

from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete

_EMOTIONS = {"W": "angry", "F": "happy", "N": "neutral", "T": "sad"}
_TEXTS = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}

READER = filename_reader(
    "emodb",
    example="03a01Fa.wav",
    pattern=re.compile(r"(?P<speaker>\d\d)(?P<text>[ab]\d\d)(?P<emotion>[A-Z])[a-z]"),
    emotions=_EMOTIONS,
    texts=_TEXTS,
    complete=Complete(
        speakers=("03", *(f"{speaker:02}" for speaker in range(8, 17))),
        emotions={"angry": 127, "happy": 71, "neutral": 79, "sad": 62},
    ),
)
