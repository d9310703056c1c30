"""Reader for corpora whose file names hold speaker, emotion and, mostly, the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from train.corpora.rows import Complete, Reader, Row, audio_files, stem

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping
    from pathlib import Path


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
    """Make a reader from the meaning of the file names.

    Args:
        name: name of the corpus.
        example: an example of a file name.
        pattern: pattern of a clip's name, with the groups ``speaker``, ``emotion`` and, if the
            name holds it, ``text``.
        emotions: matches of ``emotion`` to our labels; clips of other emotions are left out.
        complete: contents of a complete copy; None if not known for certain.
        texts: matches of ``text`` to the spoken text, or a format string for it.
        broken: names of clips to leave out.
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
