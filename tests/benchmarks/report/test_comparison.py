from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.report.comparison import ua_against_data, ua_against_parameters, ua_per_corpus
from benchmarks.rows import System, published
from benchmarks.statistics import ua
from report.page import Note, Picture
from tests.benchmarks.report.artists import bars, points
from tests.benchmarks.report.made_up import fit, several, system


def test_ua_per_corpus() -> None:
    systems = published(several())
    errors = [100 * (ua(one.fits, corpora=["big"]).error or 0.0) for one in systems]
    picture = ua_per_corpus(systems)
    assert isinstance(picture, Picture)
    titles = [panel.axes[0].get_title(loc="left") for panel in picture.panels]
    assert titles == ["mean over the corpora", "big", "small"]
    for panel in picture.panels:
        axes = panel.axes[0]
        assert axes.get_xlabel() == "UA (%)"
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert names == ["CoGCN", "SVM (linear, C = 1)", "RLC"]
        np.testing.assert_allclose(np.concatenate(points(axes))[:, 0], [70, 90, 50, 80])
        assert [len(ends) for ends in bars(axes)] == [1, 1, 1, 1]
        assert [text.get_text() for text in panel.legends[0].get_texts()] == [
            "cold",
            "per speaker",
        ]
    big = picture.panels[1].axes[0]
    lengths = [np.ptp(ends[0, :, 0]) for ends in bars(big)]
    np.testing.assert_allclose(lengths, 2 * np.array(errors), atol=1e-9)
    assert errors[0] > 1
    assert isinstance(ua_per_corpus([]), Note)


def test_no_bar_where_the_error_is_not_known() -> None:
    old = system("svm", [replace(fit(0, 5), predictions={})])
    picture = ua_per_corpus([old])
    assert isinstance(picture, Picture)
    assert [len(ends) for ends in bars(picture.panels[0].axes[0])] == [0]


def test_ua_against_parameters() -> None:
    picture = ua_against_parameters(published(several()))
    assert isinstance(picture, Picture)
    cold, speaker = (panel.axes[0] for panel in picture.panels)
    assert (cold.get_xlabel(), cold.get_xscale()) == ("parameters", "log")
    dots = np.concatenate(points(cold))
    np.testing.assert_allclose(dots, [[600, 70], [9000, 80]])  # without the SVM
    assert cold.get_xlim() == (100, 10_000)
    assert cold.get_ylim() == speaker.get_ylim()
    assert isinstance(ua_against_parameters([system("svm", [fit(0, 5)])]), Note)


def test_ua_against_data() -> None:
    picture = ua_against_data(several())
    assert isinstance(picture, Picture)
    (panel,) = picture.panels
    axes = panel.axes[0]
    np.testing.assert_allclose(points(axes)[0], [[10, 40], [100, 70]])  # fold 0
    parts = [one for one in several() if one.name in ("rlc", "rlc-data-10")]
    errors = [100 * (ua(one.fits, {(0, 0)}).error or 0.0) for one in reversed(parts)]
    lengths = np.ptp(bars(axes)[0][:, :, 1], axis=1)
    np.testing.assert_allclose(lengths, 2 * np.array(errors), atol=1e-9)
    assert lengths.max() > 1
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
def test_nothing_to_compare(systems: list[System]) -> None:
    assert isinstance(ua_against_data(systems), Note)
