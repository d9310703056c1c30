from __future__ import annotations

import math

import pytest

from tests.train.report.made_up import fit
from train.report.sampling import shared, ua, with_error


def test_ua_and_its_standard_error_by_hand() -> None:
    fits = [fit(0, 5), fit(1, 9)]
    mean, error = ua(fits, [(0, 0)])
    assert mean == 0.5
    # 4 classes of 10 clips in 2 corpora: 80 coins
    assert error == pytest.approx(math.sqrt(0.25 / 80))
    mean, error = ua(fits, [(0, 0), (0, 1)])
    assert mean == pytest.approx(0.7)
    assert error == pytest.approx(math.sqrt(0.25 / 80 + 0.09 / 80) / 2)
    assert with_error(mean, error) == "70.0 ± 3.3"


def test_other_conditions_than_clean() -> None:
    noisy = fit(0, 9, conditions={"noise:0": 5})
    assert ua([noisy], [(0, 0)], "noise:0") == ua([fit(0, 5)], [(0, 0)])


def test_seeds_do_not_make_the_test_set_larger() -> None:
    twice = [fit(0, 5), fit(0, 5, seed=1)]
    assert ua(twice, [(0, 0), (1, 0)]) == pytest.approx(ua(twice[:1], [(0, 0)]))


def test_what_all_have() -> None:
    whole = [fit(fold, 5, seed=seed) for fold in (0, 1) for seed in (0, 1)]
    assert shared([whole, [fit(1, 5), fit(2, 5)]]) == {(0, 1)}
    assert shared([whole, [fit(2, 5)]]) == set()
