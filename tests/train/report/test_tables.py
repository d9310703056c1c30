from __future__ import annotations

from tests.train.report.made_up import fit, several, system
from train.report.results import published
from train.report.tables import details, overview


def test_overview() -> None:
    table = overview(published(several()))
    assert list(table.head)[2:5] == ["big", "small", "mean"]
    cells = [list(row) for row in table.rows]
    assert cells[0] == [
        "CoGCN",
        "cold",
        *(["70.0 ± 10.0"] * 3),
        "500 to 700",
        "3 s, CPU",
        "fold 0, 1 × 1 seed",
    ]
    assert cells[1][:3] == ["CoGCN", "per speaker", "90.0 ± –"]
    assert cells[2][5] == "–"
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
