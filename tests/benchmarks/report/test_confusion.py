from __future__ import annotations

from benchmarks.report.confusion import confusion_matrices
from benchmarks.rows import published
from report.page import Picture
from tests.benchmarks.report.made_up import several


def test_a_picture_a_system() -> None:
    pictures = confusion_matrices(published(several()))
    assert all(isinstance(picture, Picture) for picture in pictures)
    titles = {
        picture.heading: [panel.axes[0].get_title(loc="left") for panel in picture.panels]
        for picture in pictures
        if isinstance(picture, Picture)
    }
    assert titles["CoGCN"] == [
        "big, cold",
        "small, cold",
        "big, per speaker",
        "small, per speaker",
    ]
    assert list(titles) == ["CoGCN", "SVM (linear, C = 1)", "RLC"]
