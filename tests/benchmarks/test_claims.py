from __future__ import annotations

import math
from typing import Any

from benchmarks.papers.claims import CLAIMS, claims_tables
from benchmarks.papers.entries import CLAIMS as ENTRIES
from benchmarks.papers.entries import PARTS


def row(*right: int, seed: int = 0) -> list[dict[str, Any]]:
    """A fit a fold; of a hundred clips a class and corpus so many are right."""
    return [
        {
            "seed": seed,
            "fold": fold,
            "test": {
                "clean": {
                    corpus: {
                        "confusion": [
                            [count if c == k else (100 - count) * (k == 4) for k in range(5)]
                            for c in range(4)
                        ]
                    }
                    for corpus in ("ravdess", "emodb", "nemo")
                }
            },
        }
        for fold, count in enumerate(right)
    ]


def test_only_what_both_rows_have_is_compared() -> None:
    lines = claims_tables({"ga-gru-speaker": row(50, 90), "ga-gru-no-graph-speaker": row(40)})
    assert "| | UA here, fold 0 × 1 seed | difference | printed: IEMOCAP WA / UA |" in lines
    error = 100 * math.hypot(math.sqrt(0.25 / 1200), math.sqrt(0.24 / 1200))
    assert any(f"| 40.0 ± 1.4 | -10.0 ± {error:.1f} | 61.51 / 62.44 |" in line for line in lines)
    assert claims_tables({"ga-gru-speaker": row(50)}) == []
    other = {"ga-gru-speaker": row(50), "ga-gru-no-graph-speaker": row(40, seed=1)}
    assert claims_tables(other) == []


def test_a_row_under_way_is_compared_by_what_it_has() -> None:
    whole = [fit for seed in (0, 1) for fit in row(50, 90, seed=seed)]
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
