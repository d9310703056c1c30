"""Confidence on logits whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from export import calibration


def drawn(temperature: float, count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Draw logits, and labels with the probabilities that they have at a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (count, 4))
    scores = calibration.probabilities(logits, temperature)
    labels = (random.random(count)[:, None] > scores.cumsum(axis=1)).sum(axis=1)
    return logits, labels


def ece(scores: np.ndarray, labels: np.ndarray, bins: int = calibration.BINS) -> float:
    found = calibration.reliability(scores, labels, bins=bins)
    assert sum(one.mass for one in found) == pytest.approx(1)
    return calibration.expected_calibration_error(found)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(temperature: float) -> None:
    logits, labels = drawn(temperature)
    found = calibration.fit_temperature(logits, labels, np.ones(len(labels)))
    assert found == pytest.approx(temperature, rel=0.03)
    right = calibration.probabilities(logits, found)
    assert ece(right, labels) < 0.01
    wrong = calibration.probabilities(logits, found / 4)
    assert ece(wrong, labels) > 0.05
    assert calibration.negative_log_likelihood(right, labels) < calibration.negative_log_likelihood(
        wrong, labels
    )
    assert calibration.brier(right, labels) < calibration.brier(wrong, labels)


def test_weights_count() -> None:
    one, two = drawn(1.0, 20_000), drawn(4.0, 2_000)
    logits, labels = (np.concatenate(parts) for parts in zip(one, two, strict=True))
    alike = np.concatenate([np.full(20_000, 1e-9), np.ones(2_000)])
    assert calibration.fit_temperature(logits, labels, alike) == pytest.approx(4, rel=0.1)


def test_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    labels = np.array([0, 1, 1, 0])
    assert ece(scores, labels, bins=1) == pytest.approx(0.25)
    assert ece(scores, labels, bins=2) == pytest.approx((abs(0.65 - 0) + abs(0.85 - 1)) / 2)
    assert calibration.brier(scores, labels) == pytest.approx(
        np.mean([0.02, 0.72, 0.08, 0.98]), abs=1e-9
    )
    assert calibration.threshold(scores, np.ones(4), 0.75) == pytest.approx(0.7)
    assert calibration.threshold(scores, np.array([1.0, 6, 1, 1]), 0.3) == pytest.approx(0.7)
    curve = dict(calibration.coverage_curve(scores, labels))
    assert curve[0.5] == 1.0
    assert curve[1.0] == 0.5
