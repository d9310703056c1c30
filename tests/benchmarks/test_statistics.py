from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.rows import Fit
from benchmarks.statistics import drawn_by, shared, ua, which
from report.bootstrap import RESAMPLES, with_error
from tests.benchmarks.report.made_up import fit, scores


def people(*right: int, of: int = 10, fold: int = 0, seed: int = 0) -> Fit:
    """Make a fit of one corpus, with one speaker per number of correct clips per label."""
    predictions = {
        str(place): {
            label: label[0] * count + "-" * (of - count)
            for label in ("angry", "happy", "neutral", "sad")
        }
        for place, count in enumerate(right)
    }
    pooled = scores(sum(right), of * len(right))
    return Fit(
        seed=seed,
        fold=fold,
        device="cpu",
        seconds=1.0,
        test={"clean": {"one": pooled}},
        predictions={"clean": {"one": predictions}},
    )


def test_the_standard_error_is_that_of_speakers_not_of_clips() -> None:
    right = [2, 9, 4, 8, 5, 10, 3, 7, 6, 6]
    found = ua([people(*right)])
    assert found.value == pytest.approx(np.mean(right) / 10)
    # standard error of a mean over speakers with equal numbers of clips
    assert found.error == pytest.approx(np.std(right) / 10 / np.sqrt(len(right)), rel=0.05)
    alike = ua([people(*[6] * 10)])
    assert alike.value == pytest.approx(found.value)
    assert alike.error == pytest.approx(0.0)  # all speakers are equal
    assert found.resampled is not None and found.resampled.shape == (RESAMPLES,)


def test_a_difference_is_paired_by_speaker() -> None:
    hard, easy = [2, 9, 4, 8, 5, 10, 3, 7, 6, 6], [1, 8, 3, 7, 4, 9, 2, 6, 5, 5]
    one, other = ua([people(*hard)]), ua([people(*easy)])
    difference = one - other
    assert difference.value == pytest.approx(0.1)
    assert difference.error == pytest.approx(0.0)  # the same for every speaker
    assert one.error is not None and one.error > 0.05
    assert with_error(difference, "+.1f") == "+10.0 ± 0.0"


def test_folds_are_pooled_and_seeds_are_averaged() -> None:
    fits = [fit(0, 5), fit(1, 9)]
    assert ua(fits, [(0, 0)]).value == 0.5
    assert ua(fits).value == pytest.approx(0.7)
    twice = [*fits, fit(0, 7, seed=1), fit(1, 7, seed=1)]
    assert ua(twice).value == pytest.approx(0.7)
    again = [*fits, *(replace(one, seed=1) for one in fits)]
    assert ua(again).error == pytest.approx(ua(fits).error)  # the same speakers once more


def test_other_conditions_and_single_corpora() -> None:
    noisy = fit(0, 9, conditions={"noise:0": 5})
    assert ua([noisy], condition="noise:0").value == ua([fit(0, 5)]).value
    assert ua([noisy, fit(1, 1)], condition="noise:0").value == 0.5  # one fit has it
    assert ua([noisy], corpora=["big"]).value == 0.9


def test_rows_without_predictions_have_no_error() -> None:
    old = replace(fit(0, 5), predictions={})
    assert ua([old]).value == 0.5
    assert with_error(ua([old])) == "50.0 ± –"
    assert with_error(ua([fit(0, 6)]) - ua([old])) == "10.0 ± –"
    assert with_error(ua([old, fit(1, 5)])) == "50.0 ± –"


def test_folds_are_drawn_where_speakers_are_not_known() -> None:
    old = [replace(fit(fold, right), predictions={}) for fold, right in enumerate((3, 5, 7, 9))]
    found = ua(old)
    assert found.value == pytest.approx(0.6)
    # two corpora, of which four folds each are drawn
    expected = np.std([0.3, 0.5, 0.7, 0.9]) / np.sqrt(4) / np.sqrt(2)
    assert found.error == pytest.approx(expected, rel=0.05)
    harder = [replace(fit(fold, right), predictions={}) for fold, right in enumerate((2, 4, 6, 8))]
    assert (found - ua(harder)).error == pytest.approx(0.0, abs=1e-9)
    assert drawn_by([old, [fit(0, 5)]]) == "folds"
    assert drawn_by([[fit(0, 5)], [fit(1, 5)]]) == "speakers"
    assert drawn_by([old[:2]]) == "nothing"


def test_what_all_have() -> None:
    whole = [fit(fold, 5, seed=seed) for fold in (0, 1) for seed in (0, 1)]
    assert shared([whole, [fit(1, 5), fit(2, 5)]]) == {(0, 1)}
    assert shared([whole, [fit(2, 5)]]) == set()
    assert which(shared([whole])) == "2 folds × 2 seeds"
    assert which({(0, 3)}) == "fold 3 × 1 seed"
