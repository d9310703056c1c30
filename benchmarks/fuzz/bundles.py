"""Fuzzing of bundles: a damaged bundle must work or be refused with an error of one line.

    python -m benchmarks.fuzz.bundles [--cases 20000]

Half of the bundles have their hashes recomputed, so that the loader and the runtimes see the
damage.
"""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.fuzz import cases
from benchmarks.fuzz.damage import damage
from edge_ser import load
from edge_ser.bundle import SUMS, WEIGHTS, load_bundle, sums
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from pathlib import Path

BACKENDS = {file: backend for backend, file in WEIGHTS.items()}
FILES = ("model.json", *BACKENDS)
_HASHES = ("hashes as they were", "hashes recomputed")


def kind(number: int) -> str:
    """Return the file that a case damages, and whether its hash is recomputed."""
    return f"{FILES[number % len(FILES)]}, {_HASHES[number // len(FILES) % 2]}"


def run(number: int, folder: Path) -> str:
    """Damage a bundle, seeded by the case number, load it and score random nodes.

    Returns:
        ``answers``, ``refused`` or a defect.
    """
    random = Random(number)
    file, sealed = FILES[number % len(FILES)], bool(number // len(FILES) % 2)
    whole = load_bundle("cogcn").files
    files = whole | {file: damage(file, whole[file], random)}
    contents = files | {SUMS: sums(files if sealed else whole)}
    bundle = folder / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir()
    for name, content in contents.items():
        (bundle / name).write_bytes(content)
    backend = BACKENDS.get(file) or random.choice(list(BACKENDS.values()))
    try:
        recognizer = load(bundle, backend)
        dimension = recognizer.bundle.features.dimension
        nodes = np.random.default_rng(0).normal(size=(23, dimension)).astype(np.float32)
        with np.errstate(all="ignore"):
            probabilities = recognizer.probabilities(nodes)
    except EdgeSerError as error:
        return "refused" if "\n" not in str(error) else f"several lines: {error}"
    except Exception as error:  # noqa: BLE001 - what should not happen is counted
        return f"{type(error).__name__}: {error}"
    return "answers" if probabilities.shape == (len(recognizer.bundle.labels),) else "no answer"


SUITE = cases.Suite(
    "benchmarks.fuzz.bundles",
    "Damaged bundles",
    "One file of a copy of the bundled model is damaged. Refused: in one line. Answers: the damage "
    "was in something that may be otherwise, such as a weight.",
    run,
    kind,
    tuple(f"{file}, {hashes}" for file in FILES for hashes in _HASHES),
    ("refused", "answers"),
)

if __name__ == "__main__":
    cases.main(SUITE, __doc__, 20_000)
