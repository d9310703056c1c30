"""EmoDB: ten German actors (Burkhardt et al., 2005).

``SSTTTEv``: speaker, text, emotion letter, version.
"""

from __future__ import annotations

import re
from pathlib import Path

from train.corpora.rows import Complete, Reader, Row, audio_files

NAME = "emodb"
_FILE = re.compile(r"(\d\d)([ab]\d\d)([A-Z])[a-z]")
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


def read(folder: Path) -> list[Row]:
    """The rows of the four emotions below ``folder``."""
    rows = []
    for path in audio_files(folder):
        match = _FILE.fullmatch(path.stem)
        if match and match[3] in _EMOTIONS:
            emotion, text = _EMOTIONS[match[3]], _TEXTS.get(match[2])
            rows.append(Row(NAME, path, None, None, match[1], emotion, text))
    return rows


READER = Reader(
    NAME,
    "03a01Fa.wav",
    read,
    Complete(
        speakers=("03", *(f"{speaker:02}" for speaker in range(8, 17))),
        emotions={"angry": 127, "happy": 71, "neutral": 79, "sad": 62},
    ),
)
