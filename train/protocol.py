"""Splits into training, validation and test, disjoint in every fold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from train.corpora import Row

FOLDS = 5
REPETITIONS = 100
Protocol = Literal["folds", "loso", "loco", "10-fold", "80-20"]
PROTOCOLS: tuple[Protocol, ...] = ("folds", "loso", "loco", "10-fold", "80-20")
Speaker = tuple[str, str]
"""Corpus and name, since two corpora may use the same name for different people.

In protocols that split clips at random, the name is that of a single clip, see
:func:`clip_names`.
"""


def clip_names(rows: Iterable[Row]) -> list[Speaker]:
    """Name each clip by corpus, speaker and index among the rows of its corpus."""
    counts: Counter[str] = Counter()
    names = []
    for row in rows:
        names.append((row.corpus, f"{row.speaker}#{counts[row.corpus]}"))
        counts[row.corpus] += 1
    return names


@dataclass(frozen=True)
class Split:
    """Disjoint speakers of one fold.

    Args:
        train: their clips train the weights and the normalisation.
        validation: their clips choose the epoch and the settings; empty in ``80-20``.
        test: their clips give the metrics and are used for nothing else.
    """

    train: tuple[Speaker, ...]
    validation: tuple[Speaker, ...]
    test: tuple[Speaker, ...]

    def to_dict(self) -> dict[str, dict[str, list[str]]]:
        """Map subset to corpus to speakers, for ``folds.json``."""
        return {name: _by_corpus(getattr(self, name)) for name in ("train", "validation", "test")}


def splits(rows: Iterable[Row], protocol: Protocol = "folds") -> list[Split]:
    """Split the rows into the folds of a protocol.

    ``folds``: in each corpus, speakers are sorted by name and numbered from 0; fold i of 5 tests
    on speakers i, i + 5, …, validates on the test speakers of fold i + 1 (mod 5) and trains on the
    rest, all corpora together. ``loso`` (leave one speaker out): one fold per speaker; the next
    speaker of the same corpus and one of each other corpus validate, the rest train.

    ``loco`` (leave one corpus out): one fold per corpus, tested on all its speakers; of the other
    corpora, every fifth speaker validates. This is how right a model is on strangers.

    Two more protocols repeat those of papers. They split clips at random, so their metrics say
    nothing about unknown speakers: ``10-fold`` (RLC): each tenth is tested once, the next tenth
    validates; ``80-20`` (GLAM): four fifths train and the rest is tested, a hundred times, without
    validation.

    Raises:
        EdgeSerError: too few speakers to train, validate and test in every fold.
    """
    if protocol in ("10-fold", "80-20"):
        return _random(list(rows), protocol)
    corpora = _by_corpus(sorted({(row.corpus, row.speaker) for row in rows}))
    made = _SPLITTERS[protocol](corpora)
    if not all(split.train and split.validation and split.test for split in made):
        counts = ", ".join(f"{name} {len(speakers)}" for name, speakers in corpora.items())
        raise EdgeSerError(
            f"too few speakers to split ({counts}): at least {_NEEDED[protocol]} are needed"
        )
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


def _leave_corpus_out(corpora: dict[str, list[str]]) -> list[Split]:
    return [
        _split(
            corpora,
            [(other, name) for other in corpora if other != corpus for name in corpora[other][::5]],
            [(corpus, name) for name in names],
        )
        for corpus, names in corpora.items()
    ]


_SPLITTERS = {"folds": _folds, "loso": _leave_one_out, "loco": _leave_corpus_out}
_NEEDED = {
    "folds": "5 speakers in one corpus",
    "loso": "3 speakers",
    "loco": "2 corpora with 2 speakers each",
}


def _split(corpora: dict[str, list[str]], validation: list[Speaker], test: list[Speaker]) -> Split:
    everyone = [(corpus, name) for corpus, names in corpora.items() for name in names]
    train = [speaker for speaker in everyone if speaker not in (*validation, *test)]
    return Split(tuple(train), tuple(validation), tuple(test))


def _by_corpus(speakers: Iterable[Speaker]) -> dict[str, list[str]]:
    corpora: dict[str, list[str]] = {}
    for corpus, name in speakers:
        corpora.setdefault(corpus, []).append(name)
    return corpora
