"""Corpora whose file names say it all: speaker, emotion and, mostly, what is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from train.corpora.rows import Complete, Reader, Row, audio_files, stem


def filename_reader(
    name: str,
    *,
    example: str,
    pattern: re.Pattern[str],
    emotions: Mapping[str, str],
    complete: Complete | None,
    texts: Mapping[str, str] | str = "",
    broken: frozenset[str] = frozenset(),
    clip: Callable[[Path], str] = stem,
) -> Reader:
    """Make the reader of a corpus from what its file names mean.

    Args:
        name: of the corpus.
        example: a file's name.
        pattern: of a clip's name, with the groups ``speaker``, ``emotion`` and, where the name
            tells, ``text``.
        emotions: what ``emotion`` matches to one of ours; what is not among them is left out.
        complete: what a complete copy holds; None where that is not known for certain.
        texts: what ``text`` matches to what is said, or a format of it.
        broken: clips that are left out.
        clip: from a path to the clip's name.
    """

    def said(match: re.Match[str]) -> str | None:
        if "text" not in pattern.groupindex:
            return None
        word = match["text"]
        return texts.format(word.lower()) if isinstance(texts, str) else texts.get(word)

    def read(folder: Path) -> list[Row]:
        rows = []
        for path in audio_files(folder, clip):
            match = pattern.fullmatch(clip(path))
            if match and match["emotion"] in emotions and clip(path) not in broken:
                rows.append(
                    Row(
                        corpus=name,
                        path=path,
                        speaker=match["speaker"],
                        emotion=emotions[match["emotion"]],
                        text=said(match),
                    )
                )
        return rows

    return Reader(name=name, pattern=example, read=read, complete=complete)
