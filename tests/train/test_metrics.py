from __future__ import annotations

import numpy as np
import pytest

from train.metrics import NO_SPEECH, aggregate, mean_ua, percent, score, score_corpora


def test_by_hand() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 3])
    predictions = np.array([0, 0, 0, 1, 1, NO_SPEECH, 2, 2])
    figures = score(labels, predictions)
    assert figures["clips"] == 8
    assert figures["wa"] == 5 / 8
    assert figures["recall"] == {"angry": 0.75, "happy": 0.5, "neutral": 1.0, "sad": 0.0}
    assert figures["ua"] == (0.75 + 0.5 + 1.0 + 0.0) / 4
    assert figures["f1"] == pytest.approx((6 / 7 + 1 / 2 + 2 / 3 + 0) / 4)
    assert figures["confusion"] == [
        [3, 1, 0, 0, 0],
        [0, 1, 0, 0, 1],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 0, 0],
    ]


def test_a_clip_without_speech_is_wrong_everywhere() -> None:
    labels = np.array([0, 1, 2, 3])
    right, silent = score(labels, labels), score(labels, np.array([0, 1, 2, NO_SPEECH]))
    for figure in ("wa", "ua", "f1"):
        assert right[figure] == 1.0
        assert silent[figure] == 0.75


def test_labels_that_do_not_occur_have_no_recall() -> None:
    figures = score(np.array([0, 0, 1]), np.array([0, 2, 1]))
    assert figures["recall"] == {"angry": 0.5, "happy": 1.0}
    assert figures["ua"] == 0.75


def test_corpora_and_folds() -> None:
    corpora = np.array(["a", "a", "b", "b"])
    scores = score_corpora(corpora, np.array([0, 1, 0, 1]), np.array([0, 1, 0, 0]))
    assert (scores["a"]["ua"], scores["b"]["ua"]) == (1.0, 0.5)
    assert mean_ua(scores) == 0.75
    both = aggregate([scores["a"], scores["b"]])
    assert both["ua"] == {"mean": 0.75, "sd": 0.25}
    assert both["recall"]["happy"] == {"mean": 0.5, "sd": 0.5}
    assert both["confusion"][1][:2] == [1, 1]
    assert both["scores"] == 2


def test_percent() -> None:
    assert percent(None) == ""
    assert percent({"mean": 0.5, "sd": 0.01, "scores": 2}) == "50.0 ± 1.0"
    assert percent({"mean": 0.5, "sd": 0.0, "scores": 1}) == "50.0 ± –"
