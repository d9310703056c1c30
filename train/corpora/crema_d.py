"""CREMA-D: 91 North American actors, twelve sentences (Cao et al., 2014).

``ACTOR_SENTENCE_EMOTION_INTENSITY``; the emotion is the acted one. What the crowd heard, without
the picture, is read from ``votes.csv`` or the authors' ``processedResults/summaryTable.csv``, where
there is one: ``VoiceVote`` names the emotion with the most votes, or several, as in ``A:N``.

Pitfalls: the authors list four broken clips; three of them have one of our emotions and are left
out (two hold almost no audio, one has no duration). The unspecified intensity is ``XX``, but
``X`` in one clip. ``AudioMP3`` holds the same clips again and is not read. A clone without Git LFS
holds text files named ``.wav``, which are unreadable.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora.filenames import filename_reader
from train.corpora.rows import Complete, Row

if TYPE_CHECKING:
    from pathlib import Path

_EMOTIONS = {"ANG": "angry", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
VOTES = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}
"""Letters of the crowd's table; disgust (D) and fear (F) are not among our labels."""
_TABLES = ("votes.csv", "processedResults/summaryTable.csv")
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

_FILES = filename_reader(
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


def crowd(folder: Path) -> dict[str, tuple[str, str]]:
    """Read what the crowd heard without the picture, from its table; empty if there is none.

    Returns:
        by the name of the clip, the letters of the emotions with the most votes (see
        :data:`VOTES`), and how strong the crowd found each of them, 0 to 100: ``A:N``, ``51:60``.

    Raises:
        EdgeSerError: the table cannot be read.
    """
    tables = [folder / name for name in _TABLES if (folder / name).is_file()]
    if not tables:
        return {}
    try:
        with tables[0].open(newline="", encoding="utf-8") as stream:
            return {
                line["FileName"]: (line["VoiceVote"], line["VoiceLevel"])
                for line in csv.DictReader(stream)
            }
    except (KeyError, OSError, ValueError, csv.Error) as error:
        raise EdgeSerError(
            f"{tables[0]}: is not the crowd's table ({error}); move it away"
        ) from error


def _read(folder: Path) -> list[Row]:
    rows, heard = _FILES.read(folder), crowd(folder)
    if not heard:
        return rows
    return [replace(row, votes=_shares(heard.get(row.path.stem, ("", ""))[0])) for row in rows]


def _shares(vote: str) -> tuple[float, ...] | None:
    """Divide a vote between the labels that it names; None if it names none of them."""
    named = [VOTES[letter] for letter in vote.split(":") if letter in VOTES]
    return tuple(named.count(label) / len(named) for label in LABELS) if named else None


READER = replace(_FILES, read=_read)
