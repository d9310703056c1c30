"""A hundredth of `make soak`, and checks that it detects failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import soak
from benchmarks.soak import FAULTS, Faulty


def test_five_minutes_with_everything_going_wrong(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "EVERY", 5.0)
    report = soak.soak(corpora, 8 / 100, Console(quiet=True))
    assert report["passed"], report
    assert set(report["faults"]) == set(FAULTS)
    assert report["expected_between_faults"] > 10
    assert report["statuses"]["lost"] == report["statuses"]["back"]
    # each time that the model raises or returns NaN is reported
    troubles = report["faults"]["model raises"] + report["faults"]["no number"]
    assert report["statuses"]["error"] == troubles


def played() -> Faulty:
    source = Faulty([], 30, None)
    source.played.extend((0, 0.0, 2.0, 0, 10.0, 12.0, 0, 20.0, 22.0))
    source.faults = [("garbage", 10.5, 11.0)]
    source.early = source.late = (50.0, 2, 8)
    source.now = 30.0
    return source


def utterances(*starts: float) -> list[dict[str, object]]:
    return [{"type": "utterance", "start": start, "end": start + 1} for start in starts]


def test_a_missing_utterance_is_noticed_unless_a_fault_was_near() -> None:
    wanted = [[(0.5, 1.5)]]
    assert soak.judge(played(), wanted, utterances(0.4, 20.6), 0)["passed"]
    report = soak.judge(played(), wanted, utterances(0.4, 10.5), 0)
    assert not report["passed"]
    assert report["missing_between_faults"] == [{"clip": 0, "at": 20.5}]
    assert report["expected_between_faults"] == 2
    assert len(soak.judge(played(), wanted, [], 0)["missing_between_faults"]) == 2


@pytest.mark.parametrize(
    ("code", "usage"), [(1, (50.0, 2, 8)), (0, (60.0, 2, 8)), (0, (50.0, 3, 8)), (0, (50.0, 2, 9))]
)
def test_an_end_or_growth_is_noticed(code: int, usage: tuple[float, int, int]) -> None:
    source = played()
    source.late = usage
    assert not soak.judge(source, [[(0.5, 1.5)]], utterances(0.4, 20.6), code)["passed"]
