"""In every state a model has heard what it says, and is asked about each clip once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import edge_ser
from edge_ser.events import LABELS
from edge_ser.nodes import Nodes
from export.states import ENROLLED, STATES, answers
from train.corpora import Row
from train.learning.data import Clips, Table

NEUTRAL = LABELS.index("neutral")
SPEAKERS, PER_LABEL = ("a", "b"), 12


@pytest.fixture(scope="module")
def recognizer() -> edge_ser.Recognizer:
    return edge_ser.load("cogcn")


@pytest.fixture(scope="module")
def table() -> Table:
    return Table.of(
        [
            Row(corpus="c", path=Path("x.wav"), speaker=speaker, emotion=label)
            for speaker in SPEAKERS
            for label in LABELS
            for _ in range(PER_LABEL)
        ]
    )


@pytest.fixture(scope="module")
def clips(recognizer: edge_ser.Recognizer, table: Table) -> Clips:
    """Make nodes; the last clip is silent, and the one before has two utterances."""
    random = np.random.default_rng(0)
    mean, std = recognizer.bundle.normalisation.mean, recognizer.bundle.normalisation.std
    found = []
    for place in range(len(table.labels)):
        last = len(table.labels) - place
        counts = [] if last == 1 else [7, 5] if last == 2 else [9]
        x = random.normal(place % 3, 1, (sum(counts), len(mean)))
        values = (mean + std * x).astype(np.float32)
        found.append(Nodes(values, [(2.0 * i, 2.0 * i + 1) for i in range(len(counts))], counts))
    return Clips.of(found, recognizer.bundle.features)


@pytest.mark.parametrize("state", STATES)
def test_each_clip_counts_once(
    recognizer: edge_ser.Recognizer, clips: Clips, table: Table, state: str
) -> None:
    rows = np.arange(len(table.labels))
    found = answers(recognizer, clips, table, rows, state)
    assert len(set(found.rows.tolist())) == len(found.rows)
    missing = np.setdiff1d(rows, found.rows)
    if state == "enrolled":
        assert len(missing) == 2 * PER_LABEL // 2
        assert set(table.labels[missing]) == {NEUTRAL}
    elif state != "life":  # a stream may end before every neutral clip was heard
        assert len(missing) == 0
    silent = found.rows == len(rows) - 1
    assert np.isnan(found.logits[silent]).all() and np.isfinite(found.logits[~silent]).all()
    again = answers(recognizer, clips, table, rows, state)
    np.testing.assert_array_equal(found.logits, again.logits)


def test_the_streams_are_what_they_say(
    recognizer: edge_ser.Recognizer, clips: Clips, table: Table
) -> None:
    rows = np.flatnonzero(table.speakers == "c/a")
    mono = answers(recognizer, clips, table, rows, "mono")
    assert np.count_nonzero(np.diff(table.labels[mono.rows])) == len(LABELS) - 1
    life = answers(recognizer, clips, table, rows, "life")
    others = table.labels[life.rows] != NEUTRAL
    # every clip that is not neutral, and four neutral ones for each, heard again and again
    assert others.sum() == 3 * PER_LABEL
    assert life.before.max() + 1 == pytest.approx(5 * 3 * PER_LABEL, rel=0.2)


def test_without_a_neutral_class_any_clips_are_ordinary_speech(
    recognizer: edge_ser.Recognizer, clips: Clips, table: Table
) -> None:
    unnamed = replace(table, names=("angry", "happy", "calm", "sad"))
    rows = np.flatnonzero(table.speakers == "c/a")
    enrolled = answers(recognizer, clips, unnamed, rows, "enrolled")
    assert len(enrolled.rows) == len(rows) - ENROLLED
    assert len(set(table.labels[np.setdiff1d(rows, enrolled.rows)])) > 1
    life = answers(recognizer, clips, unnamed, rows, "life")
    assert sorted(life.rows.tolist()) == rows.tolist()


def test_only_what_was_heard_changes_the_answers(
    recognizer: edge_ser.Recognizer, clips: Clips, table: Table
) -> None:
    rows = np.flatnonzero(table.speakers == "c/a")
    cold = answers(recognizer, clips, table, rows, "cold")
    expected = {
        row: recognizer.logits(clips.values[clips.rows == row]) for row in cold.rows.tolist()
    }
    for row, logits in zip(cold.rows.tolist(), cold.logits, strict=True):
        np.testing.assert_allclose(logits, expected[row], atol=1e-6)
    mixed = answers(recognizer, clips, table, rows, "mixed")
    first, later = mixed.rows[0], mixed.rows[5]
    np.testing.assert_allclose(mixed.logits[0], expected[first], atol=1e-6)
    assert not np.allclose(mixed.logits[5], expected[later], atol=1e-3)
