from __future__ import annotations

import numpy as np
import pytest

from report.confusion import draw_confusion

COUNTS = np.array([[6, 2, 0, 0, 0], [0, 4, 0, 4, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]])


def test_counts_in_cells_shaded_by_row() -> None:
    axes = draw_confusion(COUNTS, "emodb").axes[0]
    assert [text.get_text() for text in axes.texts] == [str(n) for n in COUNTS[:, :4].ravel()]
    shares = np.asarray(axes.collections[0].get_array()).reshape(4, 4)
    np.testing.assert_allclose(shares[1], [0, 0.5, 0, 0.5])
    np.testing.assert_allclose(shares[3], 0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "angry",
        "happy",
        "neutral",
        "sad",
    ]
    bottom, top = axes.get_ylim()
    assert bottom > top  # the first emotion is the top row


def test_clips_without_speech_have_a_column() -> None:
    counts = COUNTS.copy()
    counts[0, -1] = 2
    axes = draw_confusion(counts, "emodb").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()][-1] == "no speech"
    shares = np.asarray(axes.collections[0].get_array()).reshape(4, 5)
    assert shares[0] == pytest.approx([0.6, 0.2, 0, 0, 0.2])


def test_classes_of_ones_own() -> None:
    labels = ["calm", "stressed"]
    axes = draw_confusion(np.array([[3, 1, 0], [0, 2, 0]]), "ours", labels).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == labels
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "2"]
