"""Which speakers train, validate and test: never one of them twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge_ser.errors import EdgeSerError
from train.corpora import Row

FOLDS = 5
Protocol = Literal["folds", "loso"]
PROTOCOLS: tuple[Protocol, ...] = ("folds", "loso")
Speaker = tuple[str, str]
"""Corpus and name: two corpora may use the same name for two people."""


@dataclass(frozen=True)
class Split:
    """The speakers of one fold, disjoint.

    Args:
        train: whose clips the weights and the normalisation come from.
        validation: whose clips choose the epoch and the settings.
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

    Raises:
        EdgeSerError: too few speakers for every fold to train, validate and test on someone.
    """
    corpora = _by_corpus(sorted({(row.corpus, row.speaker) for row in rows}))
    made = _folds(corpora) if protocol == "folds" else _leave_one_out(corpora)
    if not all(split.train and split.validation and split.test for split in made):
        counts = ", ".join(f"{name} {len(speakers)}" for name, speakers in corpora.items())
        needed = "5 speakers in one corpus" if protocol == "folds" else "3 speakers"
        raise EdgeSerError(f"too few speakers to split ({counts}): at least {needed} are needed")
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
