"""Transcripts as word vectors, the input of RLC's lexical branch (section 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from train.corpora import Row

_MARK = re.compile(r"\[[^\]]*\]")  # [LAUGHTER], [BREATHING]: noises, not words
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass(frozen=True)
class Words:
    """Word vectors of all rows in two flat arrays, cheap to send between processes.

    Args:
        values: (W, D) vectors, row after row.
        bounds: (R, 2) first and last + 1 vector of each row; equal for a row without known words.
    """

    values: NDArray[np.float32]
    bounds: NDArray[np.int64]

    def of(self, row: int) -> NDArray[np.float32]:
        """Return the (K, D) vectors of a row."""
        first, stop = self.bounds[row]
        return self.values[first:stop]


def look_up(rows: Sequence[Row], file: Path) -> Words:
    """Look up the vectors of each row's words; unknown words are left out.

    Args:
        rows: clips, with or without a text.
        file: vectors in word2vec's format: binary if the name ends in ``.bin`` or ``.bin.gz``,
            otherwise text.

    Raises:
        EdgeSerError: gensim is not installed, the file cannot be read, or it knows no word of any
            row.
    """
    try:
        from gensim.models import KeyedVectors
    except ImportError as error:
        raise EdgeSerError("words need gensim; install it with: pip install gensim") from error
    binary = file.name.removesuffix(".gz").endswith(".bin")
    try:
        vectors = KeyedVectors.load_word2vec_format(str(file), binary=binary)
    except (OSError, ValueError, EOFError) as error:
        raise EdgeSerError(f"{file}: cannot be read as word2vec vectors ({error})") from error
    found = [[w for w in tokens(row.text) if w in vectors] for row in rows]
    if not any(found):
        raise EdgeSerError(f"{file}: knows no word of these corpora, or they have no transcripts")
    stops = np.cumsum([len(words) for words in found])
    return Words(
        np.asarray(vectors[[word for words in found for word in words]], np.float32),
        np.stack([np.r_[0, stops[:-1]], stops], axis=1),
    )


def tokens(text: str | None) -> list[str]:
    """Split a transcript into lower-case words, without punctuation and marks in brackets."""
    return [word.lower() for word in _WORD.findall(_MARK.sub(" ", text or ""))]
