from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from train.corpora import Row, read
from train.learning.data import Table
from train.protocol import REPETITIONS, Protocol, splits


def rows_of(**speakers: int) -> list[Row]:
    return [
        Row(corpus=corpus, path=Path("x.wav"), speaker=f"{i:02}", emotion="sad")
        for corpus, count in speakers.items()
        for i in reversed(range(count))
    ]


def test_folds_by_hand() -> None:
    made = splits(rows_of(a=7, b=3))
    assert len(made) == 5
    assert made[1].test == (("a", "01"), ("a", "06"), ("b", "01"))
    assert made[1].validation == (("a", "02"), ("b", "02"))
    assert made[1].train == (("a", "00"), ("a", "03"), ("a", "04"), ("a", "05"), ("b", "00"))
    assert made[4].validation == made[0].test
    assert made[0].to_dict()["test"] == {"a": ["00", "05"], "b": ["00"]}


@pytest.mark.parametrize("protocol", ["folds", "loso"])
def test_no_speaker_twice_and_everyone_tested_once(corpora: Path, protocol: Protocol) -> None:
    rows = [row for name in ("ravdess", "emodb", "nemo") for row in read(name, corpora / name)]
    everyone = {(row.corpus, row.speaker) for row in rows}
    made = splits(rows, protocol)
    assert len(everyone) == 36
    for split in made:
        parts = [*split.train, *split.validation, *split.test]
        assert len(parts) == len(set(parts))
        assert set(parts) == everyone
        for subset in (split.train, split.validation):
            assert {corpus for corpus, _ in subset} == {"ravdess", "emodb", "nemo"}
    assert sorted(speaker for split in made for speaker in split.test) == sorted(everyone)


def test_leave_one_speaker_out_by_hand() -> None:
    made = splits(rows_of(a=3, b=2), "loso")
    assert [split.test for split in made] == [
        (("a", "00"),),
        (("a", "01"),),
        (("a", "02"),),
        (("b", "00"),),
        (("b", "01"),),
    ]
    assert made[2].validation == (("a", "00"), ("b", "01"))
    assert made[2].train == (("a", "01"), ("b", "00"))


def test_leave_one_corpus_out_by_hand() -> None:
    made = splits(rows_of(a=7, b=2, c=1), "loco")
    assert [{corpus for corpus, _ in split.test} for split in made] == [{"a"}, {"b"}, {"c"}]
    assert len(made[0].test) == 7
    assert made[1].validation == (("a", "00"), ("a", "05"), ("c", "00"))
    assert made[1].train == tuple(("a", f"0{number}") for number in (1, 2, 3, 4, 6))
    with pytest.raises(EdgeSerError, match="at least 2 corpora with 2 speakers each are needed"):
        splits(rows_of(a=9), "loco")


def test_ten_folds_of_clips() -> None:
    rows = rows_of(a=30, b=20)
    table, made = Table.of(rows), splits(rows, "10-fold")
    tested = []
    for i, split in enumerate(made):
        train, validation, test = map(table.rows_of, (split.train, split.validation, split.test))
        assert [len(train), len(validation), len(test)] == [40, 5, 5]
        assert sorted([*train, *validation, *test]) == [*range(50)]
        assert split.validation == made[(i + 1) % 10].test
        tested += test.tolist()
    assert sorted(tested) == [*range(50)]
    assert made == splits(rows, "10-fold")


def test_four_fifths_of_clips_a_hundred_times() -> None:
    rows = rows_of(a=30, b=20)
    table, made = Table.of(rows), splits(rows, "80-20")
    assert len(made) == REPETITIONS == 100
    for split in made:
        train, test = table.rows_of(split.train), table.rows_of(split.test)
        assert (len(train), len(test), split.validation) == (40, 10, ())
        assert sorted([*train, *test]) == [*range(50)]
    assert made[0] != made[1]


def test_too_few_speakers() -> None:
    with pytest.raises(EdgeSerError, match=r"\(a 4, b 2\): at least 5 speakers in one corpus"):
        splits(rows_of(a=4, b=2))
    with pytest.raises(EdgeSerError, match="at least 3 speakers"):
        splits(rows_of(a=2), "loso")
    with pytest.raises(EdgeSerError, match="too few clips"):
        splits(rows_of(a=9), "10-fold")
