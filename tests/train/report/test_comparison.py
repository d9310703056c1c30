from __future__ import annotations

import numpy as np
import pytest

from tests.train.report.artists import bars, points
from tests.train.report.made_up import fit, several, system
from train.report.comparison import ua_against_data, ua_against_parameters, ua_per_corpus
from train.report.page import Note, Picture
from train.report.results import published


def test_ua_per_corpus() -> None:
    picture = ua_per_corpus(published(several()))
    assert isinstance(picture, Picture)
    titles = [panel.axes[0].get_title(loc="left") for panel in picture.panels]
    assert titles == ["mean over the corpora", "big", "small"]
    for panel in picture.panels:
        axes = panel.axes[0]
        assert axes.get_xlabel() == "UA (%)"
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert names == ["CoGCN", "SVM (linear, C = 1)", "RLC"]
        np.testing.assert_allclose(np.concatenate(points(axes))[:, 0], [70, 90, 50, 80])
        assert [len(ends) for ends in bars(axes)] == [1, 0, 1, 1]  # one fit: no bar
        np.testing.assert_allclose(bars(axes)[0][0, :, 0], [60, 80])
        assert [text.get_text() for text in panel.legends[0].get_texts()] == [
            "cold",
            "per speaker",
        ]
    assert isinstance(ua_per_corpus([]), Note)


def test_ua_against_parameters() -> None:
    picture = ua_against_parameters(published(several()))
    assert isinstance(picture, Picture)
    cold, speaker = (panel.axes[0] for panel in picture.panels)
    assert (cold.get_xlabel(), cold.get_xscale()) == ("parameters", "log")
    dots = np.concatenate(points(cold))
    np.testing.assert_allclose(dots, [[600, 70], [9000, 80]])  # no support vectors
    assert cold.get_xlim() == (100, 10_000)
    assert cold.get_ylim() == speaker.get_ylim()
    assert isinstance(ua_against_parameters([system("svm", [fit(0, 5)])]), Note)


def test_ua_against_data() -> None:
    picture = ua_against_data(several())
    assert isinstance(picture, Picture)
    (panel,) = picture.panels
    axes = panel.axes[0]
    np.testing.assert_allclose(points(axes)[0], [[10, 40], [100, 70]])  # fold 0
    errors = 100 * np.sqrt([0.24 / 80, 0.21 / 80])  # 80 clips, 40 and 70 % of them right
    np.testing.assert_allclose(np.ptp(bars(axes)[0][:, :, 1], axis=1), 2 * errors)
    assert axes.get_xlabel() == "training clips (%)"


@pytest.mark.parametrize(
    "systems",
    [
        [system("rlc", [fit(0, 5)])],
        [system("rlc", [fit(0, 5)]), system("rlc-data-10", [fit(1, 5)])],
        [system("rlc", [fit(0, 5)], "speaker"), system("rlc-data-10", [fit(0, 5)])],
    ],
    ids=["no parts", "other folds", "other normalisation"],
)
def test_nothing_to_compare(systems: list) -> None:
    assert isinstance(ua_against_data(systems), Note)
