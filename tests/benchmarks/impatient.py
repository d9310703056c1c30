"""The fuzzer of bundles with a shorter trial of each model, see :mod:`tests.impatient`.

`python -m tests.benchmarks.impatient --child FIRST:STOP` runs cases of it.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.fuzz import bundles, cases
from tests.impatient import shorten

SUITE = replace(bundles.SUITE, module="tests.benchmarks.impatient")

if __name__ == "__main__":
    shorten()
    cases.main(SUITE, None, 0)
