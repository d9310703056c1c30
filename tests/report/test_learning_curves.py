from __future__ import annotations

import numpy as np

from report.learning_curves import mean_curve


def test_means_as_long_as_half_are_training() -> None:
    mean, deviation = mean_curve([[1.0], [3.0, 5.0], [2.0, 7.0, 8.0]])
    np.testing.assert_allclose(mean, [2.0, 6.0])
    np.testing.assert_allclose(deviation, [float(np.std([1, 3, 2])), 1.0])
    assert mean_curve([[1.0], [3.0, 5.0]]).shape == (2, 2)
