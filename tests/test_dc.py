"""The DC blocker against its equation, however the signal is cut."""

from __future__ import annotations

import numpy as np
import pytest

from edge_ser.audio.dc import DCBlocker


def signal(seed: int, offset: float) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(offset, 3000, 50_000)
    return np.clip(np.rint(noise), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("offset", [0, 160, -3000])
def test_it_is_a_one_pole_filter_at_20_hz(offset: float) -> None:
    x = signal(0, offset)
    pole = np.exp(-2 * np.pi * 20 / 16_000)
    expected, y, before = np.empty(len(x)), 0.0, float(x[0])
    for i, sample in enumerate(x.tolist()):
        y = sample - before + pole * y
        expected[i], before = y, sample
    difference = np.abs(DCBlocker().push(x) - np.clip(expected, -32768, 32767))
    assert difference.max() <= 0.5 + 1e-6


def test_the_cuts_change_nothing() -> None:
    x = signal(1, 500)
    whole = DCBlocker().push(x)
    random = np.random.default_rng(2)
    for longest in (5, 160, 3000):
        blocker, pieces, begin = DCBlocker(), [], 0
        while begin < len(x):
            stop = begin + int(random.integers(longest))
            pieces.append(blocker.push(x[begin:stop]))
            begin = stop
        np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_an_offset_is_no_step_and_dies_away() -> None:
    assert not DCBlocker().push(np.full(1000, 655, np.int16)).any()
    step = np.concatenate([np.zeros(100, np.int16), np.full(16_000, 655, np.int16)])
    assert not DCBlocker().push(step)[2000:].any()


def test_full_scale_does_not_wrap() -> None:
    square = np.repeat(np.tile(np.array([32767, -32768], np.int16), 10), 400)
    filtered = DCBlocker().push(square)
    assert filtered.max() == 32767
    assert filtered.min() == -32768
    assert np.all(np.sign(filtered[400:]) == np.sign(square[400:]))
