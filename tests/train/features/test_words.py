from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from edge_ser.errors import EdgeSerError
from train.corpora import Row
from train.features.words import look_up, tokens

KNOWN = {"kids": [1.0, 0.0, 0.5], "are": [0.0, 1.0, 0.5], "door": [1.0, 1.0, 0.5]}


def row(text: str | None) -> Row:
    return Row(corpus="c", path=Path("x.wav"), speaker="anna", emotion="sad", text=text)


@pytest.fixture(params=["vectors.txt", "vectors.bin", "vectors.txt.gz", "vectors.bin.gz"])
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / request.param
    vectors = KeyedVectors(3)
    vectors.add_vectors(list(KNOWN), np.array(list(KNOWN.values()), np.float32))
    vectors.save_word2vec_format(str(path), binary=".bin" in path.name)
    return path


def test_vectors_of_every_row(file: Path) -> None:
    rows = [row("Kids are talking by the DOOR!"), row(None), row("[LAUGHTER] are"), row("Nothing")]
    words = look_up(rows, file)
    found = [words.of(i).tolist() for i in range(4)]
    assert found == [[KNOWN["kids"], KNOWN["are"], KNOWN["door"]], [], [KNOWN["are"]], []]
    assert words.values.dtype == np.float32


def test_tokens() -> None:
    assert tokens("I don't know -- [BREATHING] 42 times; Äh, don’t.") == [
        "i",
        "don't",
        "know",
        "times",
        "äh",
        "don’t",
    ]
    assert tokens(None) == []


def test_what_is_wrong(tmp_path: Path, file: Path) -> None:
    with pytest.raises(EdgeSerError, match="knows no word of these corpora"):
        look_up([row("Nothing"), row(None)], file)
    broken = tmp_path / "broken.txt"
    broken.write_text("these are no vectors\n")
    for path in (broken, tmp_path / "none.bin"):
        with pytest.raises(EdgeSerError, match="cannot be read as word2vec vectors"):
            look_up([row("kids")], path)
