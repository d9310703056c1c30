"""The table of the logits' offset, from made-up figures."""

from __future__ import annotations

import itertools

from benchmarks import enrolment
from benchmarks.recipe import CORPORA


def test_the_columns_are_cases_that_never_meet_the_corpus() -> None:
    cases = []
    for pair in itertools.combinations(CORPORA, 2):
        for corpus in (name for name in CORPORA if name not in pair):
            (outer,) = (n for n in CORPORA if n not in (*pair, corpus))
            for share, margin in enrolment.SETTINGS:
                ua = share + (0.5 if outer == "nemo" else 0.3)
                case = {"trained": pair, "asked": corpus, "left out": outer}
                cases.append({**case, "share": share, "margin": margin, "ua": ua})
    page = enrolment.page("mine", cases).splitlines()
    assert "| 0 |  | 35.0 | 30.0 | 30.0 | 50.0 | 30.0 |" in page
    assert "| 0.3 | 1.3 | 65.0 | 60.0 | 60.0 | 80.0 | 60.0 |" in page
    assert sum(line.startswith("| 0") for line in page) == len(enrolment.SETTINGS)
