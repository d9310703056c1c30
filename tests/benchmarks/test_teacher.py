"""A teacher says what it hears in clips that it was not trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.teacher import taught
from edge_ser.events import LABELS
from tests.made_up import made_up, rows_of, settings
from train.conditions.augment import CLEAN
from train.learning.data import Data, Table


def test_labels_of_a_speaker_are_not_taught_back() -> None:
    rows = rows_of(7, clips=16)
    mislabelled = [replace(row, emotion=LABELS[0]) if row.speaker == "0" else row for row in rows]
    clips = {CLEAN: made_up(rows)}
    speakers = [("c", str(number)) for number in range(6)]
    teacher = settings("epochs=8", "learning_rate=3e-3")
    right, wrong = (
        taught(table, speakers, teacher, Data(table, clips)).votes
        for table in (Table.of(rows), Table.of(mislabelled))
    )
    table = Table.of(rows)
    asked, own, stranger = (
        table.rows_of(chosen) for chosen in (speakers, speakers[:1], [("c", "6")])
    )
    np.testing.assert_array_equal(right[own], wrong[own])
    assert not np.array_equal(right[asked], wrong[asked])
    np.testing.assert_allclose(right[asked].sum(axis=1), 1.0, rtol=1e-5)
    assert np.mean(right[asked].argmax(axis=1) == table.labels[asked]) >= 0.75
    np.testing.assert_array_equal(right[stranger], np.eye(len(LABELS))[table.labels[stranger]])


def test_a_temperature_makes_labels_softer_and_keeps_their_order() -> None:
    rows = rows_of(6, clips=16)
    table, speakers = Table.of(rows), [("c", str(number)) for number in range(6)]
    teacher, data = settings("epochs=4", "learning_rate=3e-3"), Data(table, {CLEAN: made_up(rows)})
    hard, soft = (taught(table, speakers, teacher, data, t).votes for t in (1.0, 4.0))
    assert np.all(soft.max(axis=1) < hard.max(axis=1))
    assert np.mean(soft.argmax(axis=1) == hard.argmax(axis=1)) >= 0.95
