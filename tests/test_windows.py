from __future__ import annotations

from edge_ser.features import feature_set
from edge_ser.windows import WINDOW, window_slices

FEATURES = feature_set("egemaps-88@500/100")


def test_windows_of_an_utterance() -> None:
    assert window_slices(14, FEATURES) == [slice(0, 14)]
    assert window_slices(80, FEATURES) == [slice(0, 80)]  # T = 8 s at a step of 100 ms
    assert window_slices(81, FEATURES) == [slice(0, 80), slice(40, 81)]
    slices = window_slices(300, FEATURES)
    assert slices[-1].stop == 300
    assert all(s.stop - s.start <= WINDOW / FEATURES.step for s in slices)
