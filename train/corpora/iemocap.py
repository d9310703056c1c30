"""IEMOCAP: ten actors in five dyadic sessions, improvised and scripted (Busso et al., 2008).

``Session1…5/sentences/wav/DIALOGUE/UTTERANCE.wav``; the label is the evaluators' majority vote, on
the bracketed line of each utterance in ``dialog/EmoEvaluation/DIALOGUE.txt``; transcripts are in
``dialog/transcriptions``. Excited counts as happy; utterances without a majority (``xxx``) or with
other emotions are left out. ``iemocap`` is the whole corpus; ``iemocap-improvised`` and
``iemocap-scripted`` are the parts that GLAM (Zhu and Li, 2022) calls Improvisation and Script.

Pitfalls: the F or M of ``Ses01F`` in a name says who wore the markers in that dialogue; the speaker
is the F or M of the utterance, ``_F000``. The two of a session hear each other, and so does each
microphone: speakers are called F01 to M05, so that partners come five apart, in one fold. Folders
below ``EmoEvaluation`` hold files of single evaluators, ``dialog/wav`` holds whole dialogues, and
macOS left ``._`` files among the labels and the audio. Transcripts have lines for turns that were
never cut into clips.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from train.corpora.rows import Complete, Reader, Row, audio_files, text_files

if TYPE_CHECKING:
    from pathlib import Path

_UTTERANCE = re.compile(r"Ses(0[1-5])[FM]_(impro|script)\w+_([FM])[\dX]{3}")
_LABEL = re.compile(r"^\[[\d.]+ - [\d.]+\]\s+(\w+)\s+([a-z]{3})\s", re.MULTILINE)
_TEXT = re.compile(r"^(\w+) \[[\d.]+-[\d.]+\]:[ \t]*(\S.*?)\s*$", re.MULTILINE)
_EMOTIONS = {"ang": "angry", "hap": "happy", "exc": "happy", "neu": "neutral", "sad": "sad"}
_PARTS = {
    "iemocap": ("impro", "script"),
    "iemocap-improvised": ("impro",),
    "iemocap-scripted": ("script",),
}
_SPEAKERS = tuple(f"{actor}0{session}" for actor in "FM" for session in range(1, 6))
# As counted in the RLC paper; the papers give no numbers for the parts.
_EMOTION_COUNTS = {"iemocap": {"angry": 1103, "happy": 1636, "neutral": 1708, "sad": 1084}}


def read(name: str, folder: Path) -> list[Row]:
    """Read the rows of the four emotions below ``folder``.

    Args:
        name: ``iemocap``, ``iemocap-improvised`` or ``iemocap-scripted``.
        folder: folder of the corpus, of a single session, or a parent of either.

    Raises:
        EdgeSerError: the folder does not exist or holds no labels.
    """
    paths = audio_files(folder)
    evaluations = text_files(folder, "dialog/EmoEvaluation/*.txt")
    if not evaluations:
        raise EdgeSerError(
            f"{folder}: no Session*/dialog/EmoEvaluation/*.txt, which hold IEMOCAP's labels; name "
            "the folder above Session1 … Session5"
        )
    labels = dict(found for text in evaluations.values() for found in _LABEL.findall(text))
    transcripts = text_files(folder, "dialog/transcriptions/*.txt")
    texts = dict(found for text in transcripts.values() for found in _TEXT.findall(text))
    rows = []
    for path in paths:
        match = _UTTERANCE.fullmatch(path.stem)
        emotion = _EMOTIONS.get(labels.get(path.stem, ""))
        if match and emotion and match[2] in _PARTS[name]:
            speaker = match[3] + match[1]
            rows.append(
                Row(
                    corpus=name,
                    path=path,
                    speaker=speaker,
                    emotion=emotion,
                    text=texts.get(path.stem),
                )
            )
    return rows


READERS = tuple(
    Reader(
        name=name,
        pattern="Ses01F_impro01_F000.wav",
        read=partial(read, name),
        complete=Complete(_SPEAKERS, _EMOTION_COUNTS.get(name, {})),
    )
    for name in _PARTS
)
