"""The table of the recipe's parts, from made-up figures."""

from __future__ import annotations

import itertools

from benchmarks import recipe
from train import config
from train.conditions.augment import CLEAN


def test_every_variation_is_a_configuration() -> None:
    for model, variations in recipe.VARIATIONS.items():
        for changes in variations.values():
            given = ["sounds=DIR", *recipe.UNCHANGED, *changes]
            changed = config.load("cogcn", recipe.CONFIGS[model], given)
            assert len(changed.candidates()) == 1


def test_the_columns_are_cases_that_never_meet_the_corpus() -> None:
    cases = []
    for pair in itertools.combinations(recipe.CORPORA, 2):
        for corpus in (name for name in recipe.CORPORA if name not in pair):
            (outer,) = (n for n in recipe.CORPORA if n not in (*pair, corpus))
            value = 0.5 if outer == "nemo" else 0.3
            states = dict.fromkeys(recipe.STATES, value)
            heard = dict.fromkeys((CLEAN, *recipe.CONDITIONS), 0.4) | {"noise:10": 0.2, "same": 0.9}
            case = {"trained": pair, "asked": corpus, "left out": outer}
            cases.append({**case, **states, **heard})
    page = recipe.page("mine", {"as shipped": {"found": cases, "seeds": 1}})
    assert len(cases) == 12
    strangers, conditions = (
        [float(cell) for cell in line.split("|")[2:-1]]
        for line in page.splitlines()
        if line.startswith("| as shipped")
    )
    assert strangers == [35.0, 35.0, 35.0, 35.0, 35.0, 30.0, 30.0, 50.0, 30.0]
    assert conditions == [40.0, 40.0, 20.0, 40.0, 40.0, 40.0, 36.0, 90.0]
