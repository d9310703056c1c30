from __future__ import annotations

from pathlib import Path

import numpy as np
import opensmile
import pytest

from edge_ser.audio import AudioFile
from edge_ser.events import LABELS
from train.corpora import Row
from train.features.cache import Cache
from train.features.extraction import functionals
from train.learning import svm
from train.learning.data import Table
from train.metrics import NO_SPEECH
from train.protocol import splits


def test_functionals_are_opensmiles(cache: Cache, some_rows: list[Row]) -> None:
    found = functionals(some_rows[:2], "clean", cache)
    smile = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02)
    for row, values in zip(some_rows, found, strict=False):
        samples = np.concatenate([block.samples for block in AudioFile(row.path)])
        expected = smile.process_signal(samples / 32768, 16_000).to_numpy()[0]
        np.testing.assert_array_equal(values, expected.astype(np.float32))


def made_up() -> tuple[Table, np.ndarray]:
    random = np.random.default_rng(0)
    rows = [
        Row(corpus="c", path=Path("x.wav"), speaker=str(speaker), emotion=LABELS[i % 4])
        for speaker in range(10)
        for i in range(8)
    ]
    table = Table.of(rows)
    values = random.standard_normal((len(rows), 88)).astype(np.float32)
    for nodes, label in zip(values, table.labels, strict=True):
        nodes[8 * label : 8 * label + 8] += 3.0
    return table, values


@pytest.mark.parametrize("model", svm.MODELS)
@pytest.mark.parametrize("normalisation", ["cold", "speaker"])
@pytest.mark.parametrize("refit", [False, True])
def test_clips_without_functionals_are_left_out_and_wrong(
    model: str, normalisation: str, refit: bool
) -> None:
    table, values = made_up()
    values[::11] = np.nan
    made = dict(
        enumerate(
            splits(
                [Row(corpus="c", path=Path("x"), speaker=str(i), emotion="sad") for i in range(10)]
            )
        )
    )
    found = svm.fit_folds(
        model, table, {"clean": values}, made, normalisation=normalisation, refit=refit, jobs=1
    )
    for fold, (_, predictions) in found.items():
        rows = table.rows_of(made[fold].test)
        silent = np.isnan(values[rows, 0])
        assert (predictions["clean"][silent] == NO_SPEECH).all()
        assert np.mean(predictions["clean"][~silent] == table.labels[rows][~silent]) > 0.8


def test_validation_speakers_are_trained_on_only_where_wanted() -> None:
    table, values = made_up()
    (split,) = splits(
        [Row(corpus="c", path=Path("x"), speaker=str(i), emotion="sad") for i in range(10)]
    )[:1]
    spoilt = values.copy()
    spoilt[table.rows_of(split.validation)] *= -1.0
    found = {
        refit: [
            svm.fit_folds(
                "svm", table, {"clean": x}, {0: split}, normalisation="cold", refit=refit, jobs=1
            )[0][1]["clean"].tolist()
            for x in (values, spoilt)
        ]
        for refit in (False, True)
    }
    assert found[False][0] == found[False][1]
    assert found[True][0] != found[True][1]
