"""Who trains, validates and tests: never one of them twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit

from edge_ser.errors import EdgeSerError
from train.corpora import Row

FOLDS = 5
REPETITIONS = 100
Protocol = Literal["folds", "loso", "10-fold", "80-20"]
PROTOCOLS: tuple[Protocol, ...] = ("folds", "loso", "10-fold", "80-20")
Speaker = tuple[str, str]
"""Corpus and name: two corpora may use the same name for two people.

In the protocols that share speakers between training and test the name is that of one clip, see
:func:`clip_names`.
"""


def clip_names(rows: Iterable[Row]) -> list[Speaker]:
    """The corpus and name of each clip: its speaker's, and its place among the corpus's rows."""
    counts: Counter[str] = Counter()
    names = []
    for row in rows:
        names.append((row.corpus, f"{row.speaker}#{counts[row.corpus]}"))
        counts[row.corpus] += 1
    return names


@dataclass(frozen=True)
class Split:
    """The speakers of one fold, disjoint.

    Args:
        train: whose clips the weights and the normalisation come from.
        validation: whose clips choose the epoch and the settings; nobody's in ``80-20``.
        test: whose clips give the figures, and nothing else.
    """

    train: tuple[Speaker, ...]
    validation: tuple[Speaker, ...]
    test: tuple[Speaker, ...]

    def to_dict(self) -> dict[str, dict[str, list[str]]]:
        """Subset to corpus to speakers, for ``folds.json``."""
        return {name: _by_corpus(getattr(self, name)) for name in ("train", "validation", "test")}


def splits(rows: Iterable[Row], protocol: Protocol = "folds") -> list[Split]:
    """The folds of a protocol.

    ``folds``: per corpus, speakers sorted by name and counted from 0; fold i of 5 tests speakers
    i, i + 5, …, validates on those of fold i + 1 (mod 5) and trains on the rest, all corpora
    together. ``loso`` (leave one speaker out): a fold for each speaker; the next speaker of the
    same corpus and one of each other corpus validate, the rest train.

    Two more repeat what papers did, and their figures say nothing of an unknown speaker, since
    clips are drawn at random: ``10-fold`` (RLC): each tenth tests once, the next one validates;
    ``80-20`` (GLAM): four fifths train and the rest tests, a hundred times over, without
    validation.

    Raises:
        EdgeSerError: too few speakers for every fold to train, validate and test on someone.
    """
    if protocol in ("10-fold", "80-20"):
        return _random(list(rows), protocol)
    corpora = _by_corpus(sorted({(row.corpus, row.speaker) for row in rows}))
    made = _folds(corpora) if protocol == "folds" else _leave_one_out(corpora)
    if not all(split.train and split.validation and split.test for split in made):
        counts = ", ".join(f"{name} {len(speakers)}" for name, speakers in corpora.items())
        needed = "5 speakers in one corpus" if protocol == "folds" else "3 speakers"
        raise EdgeSerError(f"too few speakers to split ({counts}): at least {needed} are needed")
    return made


def _random(rows: list[Row], protocol: Protocol) -> list[Split]:
    if len(rows) < 10:
        raise EdgeSerError(f"too few clips to split ({len(rows)}): at least 10 are needed")
    names = clip_names(rows)

    def named(places: Iterable[int]) -> tuple[Speaker, ...]:
        return tuple(names[place] for place in places)

    if protocol == "80-20":
        drawn = ShuffleSplit(REPETITIONS, test_size=0.2, random_state=0).split(names)
        return [Split(named(train), (), named(test)) for train, test in drawn]
    tenths = [test for _, test in KFold(10, shuffle=True, random_state=0).split(names)]
    made = []
    for i, test in enumerate(tenths):
        validation = tenths[(i + 1) % 10]
        train = np.setdiff1d(np.arange(len(names)), np.concatenate([test, validation]))
        made.append(Split(named(train), named(validation), named(test)))
    return made


def _folds(corpora: dict[str, list[str]]) -> list[Split]:
    groups: list[list[Speaker]] = [
        [(corpus, name) for corpus, names in corpora.items() for name in names[i::FOLDS]]
        for i in range(FOLDS)
    ]
    return [_split(corpora, groups[(i + 1) % FOLDS], groups[i]) for i in range(FOLDS)]


def _leave_one_out(corpora: dict[str, list[str]]) -> list[Split]:
    return [
        _split(
            corpora,
            [
                (corpus, speaker)
                for corpus, others in corpora.items()
                if (speaker := others[(i + 1) % len(others)]) != name or corpus != tested
            ],
            [(tested, name)],
        )
        for tested, names in corpora.items()
        for i, name in enumerate(names)
    ]


def _split(corpora: dict[str, list[str]], validation: list[Speaker], test: list[Speaker]) -> Split:
    everyone = [(corpus, name) for corpus, names in corpora.items() for name in names]
    train = [speaker for speaker in everyone if speaker not in (*validation, *test)]
    return Split(tuple(train), tuple(validation), tuple(test))


def _by_corpus(speakers: Iterable[Speaker]) -> dict[str, list[str]]:
    corpora: dict[str, list[str]] = {}
    for corpus, name in speakers:
        corpora.setdefault(corpus, []).append(name)
    return corpora
