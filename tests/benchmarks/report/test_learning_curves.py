from __future__ import annotations

import numpy as np

from benchmarks.report.learning_curves import learning_curves
from report.page import Note, Picture
from tests.benchmarks.report.artists import xy
from tests.benchmarks.report.made_up import fit, several, system


def test_a_panel_a_network() -> None:
    (picture,) = learning_curves(several())
    assert isinstance(picture, Picture)
    assert len(picture.panels) == 1  # the others have no history
    loss, accuracy = picture.panels[0].axes
    assert loss.get_title(loc="left") == "CoGCN, cold"
    lines = {str(line.get_label()): line for line in loss.get_lines()}
    np.testing.assert_allclose(xy(lines["training"])[:, 1], [1.1, 0.6, 0.1])
    np.testing.assert_allclose(xy(lines["validation"])[:, 1], [2.2, 1.2, 0.2])
    np.testing.assert_allclose(xy(accuracy.get_lines()[1])[:, 1], 40.0)
    assert loss.get_ylabel() == "cross-entropy (nats)"
    assert accuracy.get_xlabel() == "epoch"
    assert xy(loss.get_lines()[-1])[0, 0] == 2.5


def test_without_validation() -> None:
    one = fit(0, 5, losses=[1.0, 0.5])
    for epoch in one.history or []:
        epoch.update(validation_loss=None, validation_ua=None)
    (picture,) = learning_curves([system("glam", [one])])
    assert isinstance(picture, Picture)
    labels = [line.get_label() for line in picture.panels[0].axes[0].get_lines()]
    assert "training" in labels and "validation" not in labels


def test_no_history() -> None:
    (note,) = learning_curves([system("svm", [fit(0, 5)])])
    assert isinstance(note, Note)
