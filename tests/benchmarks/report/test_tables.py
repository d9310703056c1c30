from __future__ import annotations

from benchmarks.report.tables import details, overview
from benchmarks.rows import published
from benchmarks.statistics import ua
from report.bootstrap import with_error
from tests.benchmarks.report.made_up import fit, several, system


def test_overview() -> None:
    systems = published(several())
    table = overview(systems)
    assert list(table.head)[2:5] == ["big", "small", "mean"]
    cells = [list(row) for row in table.rows]
    assert cells[0] == [
        "CoGCN",
        "cold",
        *(with_error(ua(systems[0].fits, corpora=part)) for part in (["big"], ["small"], None)),
        "500 to 700",
        "3 s, CPU",
        "2 folds × 1 seed",
    ]
    assert cells[0][2].startswith("70.0 ± ") and not cells[0][2].endswith("–")
    assert cells[1][:2] == ["CoGCN", "per speaker"]
    assert cells[2][0] == "SVM (linear, C = 1)" and cells[2][5] == "–"
    assert all(len(row) == len(table.head) for row in cells)


def test_details() -> None:
    table = details([system("svm", [fit(0, 5)])])
    assert [row[2] for row in table.rows] == ["big", "small"]
    assert list(table.rows[0])[3:5] == ["50.0 ± –", "50.0 ± –"]
    assert list(table.rows[0])[6:] == ["50", "50", "50", "50"]
    assert all(len(row) == len(table.head) for row in table.rows)


def test_all_folds_and_seeds() -> None:
    fits = [fit(fold, 5, seed=seed) for fold in range(5) for seed in range(3)]
    assert overview([system("svm", fits)]).rows[0][-1] == "5 folds × 3 seeds"
