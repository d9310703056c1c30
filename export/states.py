"""States of knowledge about a speaker: a model's answers from the first word of a stranger on.

The nodes come from the device's own stream and endpointer; probabilities and statistics of the
voice from :class:`edge_ser.recognizer.Recognizer`, utterance after utterance, as it hears them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.voice import NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from edge_ser.recognizer import Recognizer
    from edge_ser.voice import VoiceStatistics
    from train.learning.data import Clips, Table

STATES = {
    "cold": "the first utterance of a stranger",
    "enrolled": "ten neutral clips of the speaker were heard before",
    "mixed": "a stream of the speaker's clips, shuffled",
    "mono": "a stream of one emotion after the other",
    "life": "a stream of which 80 % is neutral",
}
ENROLLED = 10
_LIFE = 4  # neutral clips for each other


@dataclass(frozen=True)
class Answers:
    """A model's answers in one state, in the order in which they were given.

    Args:
        rows: (n,) the clips.
        logits: (n, C) of each clip: the duration-weighted mean over its utterances; NaN if nothing
            was heard.
        before: (n,) number of the speaker's clips heard before.
    """

    rows: NDArray[np.int64]
    logits: NDArray[np.float64]
    before: NDArray[np.int64]

    @property
    def heard(self) -> NDArray[np.bool_]:
        """(n,) whether anything was heard of each clip."""
        return np.logical_and.reduce(np.isfinite(self.logits), axis=1)


def answers(
    recognizer: Recognizer,
    clips: Clips,
    table: Table,
    rows: NDArray[np.int64],
    state: str,
    seed: int = 0,
) -> Answers:
    """Ask a model about every clip in a state of knowledge.

    Args:
        recognizer: the model.
        clips: nodes of all clips.
        table: speakers and labels of all clips.
        rows: the clips of the speakers to be judged.
        state: one of :data:`STATES`.
        seed: of the order of the clips.
    """
    random = np.random.default_rng(seed)
    judged, logits, before = [], [], []
    for speaker in np.unique(table.speakers[rows]):
        own = rows[table.speakers[rows] == speaker]
        voice = recognizer.unknown_voice()
        if state == "enrolled":
            enrolled = _enrolment(own, table, random)
            spoken = [values for row in enrolled for values, _ in _utterances(clips, row)]
            recognizer.enrol(voice, spoken)
            own = np.setdiff1d(own, enrolled)
        for heard, (row, counts) in enumerate(_stream(own, table, state, random)):
            if state == "cold":
                voice = recognizer.unknown_voice()
            found = _ask(recognizer, voice, clips, row, adapt=state not in ("cold", "enrolled"))
            if counts:
                judged.append(row)
                logits.append(found)
                before.append(heard)
    return Answers(np.array(judged), np.array(logits), np.array(before))


def _neutral(rows: NDArray[np.int64], table: Table) -> NDArray[np.bool_]:
    """Tell which clips are neutral: none where no class is called so."""
    index = table.names.index(NEUTRAL) if NEUTRAL in table.names else -1
    return table.labels[rows] == index


def _enrolment(
    rows: NDArray[np.int64], table: Table, random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw neutral clips to enrol with; at least half of them remain to be judged.

    Where no class is called neutral, any clips are ordinary speech.
    """
    neutral = rows[_neutral(rows, table)] if NEUTRAL in table.names else rows
    return random.permutation(neutral)[: min(ENROLLED, len(neutral) // 2)]


def _stream(
    rows: NDArray[np.int64], table: Table, state: str, random: np.random.Generator
) -> Iterator[tuple[int, bool]]:
    """Yield a speaker's clips in the order of a state, and whether each counts.

    Where 80 % are neutral, clips are heard again; only the first time counts.
    """
    if state in ("cold", "enrolled", "mixed"):
        yield from ((row, True) for row in random.permutation(rows).tolist())
        return
    if state == "mono":
        for emotion in random.permutation(len(table.names)):
            own = random.permutation(rows[table.labels[rows] == emotion])
            yield from ((row, True) for row in own.tolist())
        return
    usual = _neutral(rows, table)
    neutral = random.permutation(rows[usual]).tolist()
    others = random.permutation(rows[~usual]).tolist()
    heard = 0
    for row in others:
        for _ in range(random.binomial(2 * _LIFE, 0.5) if neutral else 0):
            yield neutral[heard % len(neutral)], heard < len(neutral)
            heard += 1
        yield row, True


def _utterances(clips: Clips, row: int) -> Iterable[tuple[NDArray[np.float32], float]]:
    """Return the raw nodes and the seconds of each utterance of a clip."""
    for utterance in np.flatnonzero(clips.owners == row):
        bounds = clips.bounds[clips.utterances == utterance]
        yield (
            clips.values[bounds[0, 0] : bounds[-1, 1]],
            float(clips.seconds[utterance]),
        )


def _ask(
    recognizer: Recognizer, voice: VoiceStatistics, clips: Clips, row: int, adapt: bool
) -> NDArray[np.float64]:
    classes = len(recognizer.bundle.labels)
    total, seconds = np.zeros(classes), 0.0
    for values, length in _utterances(clips, row):
        logits = recognizer.logits(values, voice)
        total += length * logits
        seconds += length
        if adapt:
            recognizer.hear(voice, values, recognizer.neutral(recognizer.softmax(logits)))
    return total / seconds if seconds else np.full(classes, np.nan)


def join(answered: Sequence[Answers]) -> Answers:
    """Join the answers about several groups of speakers."""
    return Answers(
        np.concatenate([a.rows for a in answered]),
        np.concatenate([a.logits for a in answered]),
        np.concatenate([a.before for a in answered]),
    )
