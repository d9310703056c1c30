from __future__ import annotations

from benchmarks.papers.claims import CLAIMS, claims_tables
from benchmarks.papers.entries import CLAIMS as ENTRIES
from benchmarks.papers.entries import PARTS
from benchmarks.rows import Fit
from tests.benchmarks.report.made_up import fit


def row(*right: int, seed: int = 0) -> list[Fit]:
    """Make one fit per fold, each with ``right`` of ten clips per class and corpus correct."""
    return [fit(fold, count, seed=seed) for fold, count in enumerate(right)]


def test_only_what_both_rows_have_is_compared() -> None:
    lines = claims_tables({"ga-gru-speaker": row(5, 9), "ga-gru-no-graph-speaker": row(4)})
    assert "| | UA here, fold 0 × 1 seed | difference | printed: IEMOCAP WA / UA |" in lines
    # two speakers per corpus: at 50 % they have 3 and 2 of 5 clips correct, at 40 % both have 2
    assert any("| 40.0 ± 0.0 | -10.0 ± 5.1 | 61.51 / 62.44 |" in line for line in lines), lines
    assert claims_tables({"ga-gru-speaker": row(5)}) == []
    other = {"ga-gru-speaker": row(5), "ga-gru-no-graph-speaker": row(4, seed=1)}
    assert claims_tables(other) == []


def test_a_row_under_way_is_compared_by_what_it_has() -> None:
    whole = [fit for seed in (0, 1) for fit in row(5, 9, seed=seed)]
    lines = claims_tables({"ga-gru-speaker": whole, "ga-gru-no-graph-speaker": whole[:3]})
    assert any("UA here, the 3 fits that all have" in line for line in lines)


def test_every_claim_has_its_row() -> None:
    files = {
        f"{entry.name}-{normalisation}"
        for part in PARTS.values()
        for entry in part
        for normalisation in entry.normalisations
    }
    named = [file for parts in CLAIMS.values() for _, file, _ in parts]
    assert set(named) <= files
    claimed = {
        f"{entry.name}-{normalisation}"
        for entry in ENTRIES
        for normalisation in entry.normalisations
    }
    assert claimed <= set(named)
