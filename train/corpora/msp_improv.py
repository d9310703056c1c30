"""MSP-IMPROV: twelve actors in six dyadic sessions (Busso et al., 2017).

``session1…6/S01A/P/MSP-IMPROV-S01A-F01-P-FM02.wav``: sentence and intended emotion, actor and
session, recording (P natural interaction, R target read, S other improvised, T target
improvised), turn. The label is the evaluators' consensus, one letter after the name of each clip
in ``Evalution.txt`` (spelled so in the release, corrected in some copies), not the intended
emotion in the name. Transcripts, if the copy has them, are text files with the clips' names.

Pitfalls: the labels call the clips ``UTD-IMPROV-….avi``, the audio files are ``MSP-IMPROV-….wav``.
The lines below a clip's line hold the labels of single evaluators. ``X`` means no agreement, ``O``
another emotion.

Public readers disagree on which field identifies the speaker: the actor (``F01``) or the turn
(``FM``); clips ``F01-…-FM01`` and ``F01-…-MF01`` both exist. A wrong guess would put one voice on
both sides of a split. The speaker is therefore the session here, a pair of actors: splits are
disjoint under either reading, and stricter than leaving out one actor.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from train.corpora.rows import Complete, Reader, Row, audio_files, text_files

if TYPE_CHECKING:
    from pathlib import Path

NAME = "msp-improv"
_CLIP = r"(?:MSP|UTD)-IMPROV-(S\d\d[AHNS]-[FM]\d\d-[PRST]-[FM]{2}\d+)"
_FILE = re.compile(_CLIP)
_LABEL = re.compile(rf"^{_CLIP}\.avi; ?([A-Z]);", re.MULTILINE)
_EMOTIONS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}


def read(folder: Path) -> list[Row]:
    """Read the rows of the four emotions below ``folder``.

    Raises:
        EdgeSerError: the folder does not exist or holds no labels.
    """
    paths = audio_files(folder)
    evaluations = text_files(folder, "Eval*tion.txt")
    if not evaluations:
        raise EdgeSerError(
            f"{folder}: no Evalution.txt, which holds MSP-IMPROV's labels; copy it there from the "
            "release"
        )
    labels = dict(found for text in evaluations.values() for found in _LABEL.findall(text))
    texts = _transcripts(folder)
    rows = []
    for path in paths:
        match = _FILE.fullmatch(path.stem)
        emotion = match and _EMOTIONS.get(labels.get(match[1], ""))
        if match and emotion:
            session = match[1].split("-")[1][1:]
            rows.append(
                Row(
                    corpus=NAME,
                    path=path,
                    speaker=session,
                    emotion=emotion,
                    text=texts.get(match[1]),
                )
            )
    return rows


def _transcripts(folder: Path) -> dict[str, str]:
    files = text_files(folder, "*-IMPROV-*.txt").items()
    found = ((_FILE.fullmatch(path.stem), " ".join(text.split())) for path, text in files)
    return {match[1]: text for match, text in found if match and text}


READER = Reader(
    name=NAME,
    pattern="MSP-IMPROV-S01A-F01-P-FM02.wav",
    read=read,
    complete=Complete(
        speakers=tuple(f"{session:02}" for session in range(1, 7)),
        emotions={"angry": 792, "happy": 2644, "neutral": 3477, "sad": 885},
    ),
)
