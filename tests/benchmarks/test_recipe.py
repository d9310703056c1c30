"""The table of the recipe's parts, from made-up figures."""

from __future__ import annotations

import itertools

from benchmarks import recipe
from train import config


def test_every_variation_is_a_configuration() -> None:
    for changes in recipe.VARIATIONS.values():
        changed = config.load("cogcn", "cogcn-edge", ["sounds=DIR", *changes])
        assert len(changed.candidates()) == 1


def test_the_columns_are_cases_that_never_meet_the_corpus() -> None:
    cases = []
    for pair in itertools.combinations(recipe.CORPORA, 2):
        for corpus in (name for name in recipe.CORPORA if name not in pair):
            (outer,) = (n for n in recipe.CORPORA if n not in (*pair, corpus))
            value = 0.5 if outer == "nemo" else 0.3
            states = dict.fromkeys(recipe.STATES, value)
            cases.append({"trained": pair, "asked": corpus, "left out": outer, **states})
    page = recipe.page({"as shipped": {"found": cases}})
    assert len(cases) == 12
    row = next(line for line in page.splitlines() if line.startswith("| as shipped"))
    cells = [float(cell) for cell in row.split("|")[2:-1]]
    assert cells == [35.0, 35.0, 35.0, 35.0, 35.0, 30.0, 30.0, 50.0, 30.0]
