"""How much of an enrolled voice's deviation the logits' offset should take back, and to where.

    python -m benchmarks.enrolment --model NAME --corpora DIR

As in `benchmarks.recipe`, networks are trained on two corpora and asked about the other two. The
columns are the cases in which a corpus is met nowhere: what they choose is chosen without it.
`results/enrolment/NAME.json` has every case, `NAME.md` shows them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import joblib
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.recipe import CORPORA, network
from benchmarks.variations import CONFIGS
from edge_ser import voice
from export.states import answers
from export.strangers import predictions
from train import config as configurations
from train.conditions import augment
from train.features.cache import Cache
from train.learning.folds import training_variants
from train.metrics import score
from train.pipeline import load_data
from train.progress import progress
from train.runs import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.config import Config
    from train.corpora import Row
    from train.learning.data import Data

FOLDER = RESULTS / "enrolment"
SETTINGS = ((0.0, 0.0), *itertools.product((0.1, 0.2, 0.3, 0.4, 0.5), (0.65, 1.3, 2.0)))
"""Share and margin of :func:`edge_ser.voice.enrolment_offset`."""


def measure(model: str, corpora: Path, cache: Cache) -> list[dict[str, Any]]:
    """Train on every pair of corpora, and ask about enrolled speakers of the other two."""
    config = configurations.load("cogcn", CONFIGS[model], [f"sounds={corpora / 'sounds'}"])
    rows = read_rows({corpus: corpora / corpus for corpus in CORPORA}, config, cache)
    data = load_data(config, rows, training_variants(config), cache)
    pairs = list(itertools.combinations(CORPORA, 2))
    found = []
    with progress(cache.console, model, len(pairs)) as advance:
        calls = (delayed(_ask)(config, data, rows, pair) for pair in pairs)
        for part in Parallel(n_jobs=cache.jobs, return_as="generator")(calls):
            found += part
            advance()
    return found


def _ask(
    config: Config, data: Data, rows: Sequence[Row], pair: tuple[str, str]
) -> list[dict[str, Any]]:
    recognizer = network(config, data, rows, pair, seed=0)
    found = []
    for corpus in (name for name in CORPORA if name not in pair):
        (outer,) = (name for name in CORPORA if name not in (*pair, corpus))
        own = np.flatnonzero(data.table.corpora == corpus)
        for share, margin in SETTINGS:
            recognizer.bundle.card["enrolment"] = {"offset": share}
            with patch.object(voice, "MARGIN", margin):
                answered = answers(
                    recognizer, data.clips[augment.CLEAN], data.table, own, "enrolled"
                )
            ua = score(data.table.labels[answered.rows], predictions(answered))["ua"]
            case = {"trained": pair, "asked": corpus, "left out": outer}
            found.append({**case, "share": share, "margin": margin, "ua": ua})
    return found


def page(model: str, found: Sequence[dict[str, Any]]) -> str:
    """Write the table."""
    lines = [
        f"# Enrolment of {model}: the offset of the logits",
        "",
        "UA in percent on speakers of whom ten neutral clips were heard before: networks (int8)",
        "trained on two corpora, asked about the others; then the cases that never meet a corpus.",
        f"The share is the recipe's `voice_offset`; it is taken back towards {voice.MARGIN:g}.",
        "",
        f"| share taken back | towards | mean | {' | '.join(f'without {c}' for c in CORPORA)} |",
        f"|---|---|---|{'---|' * len(CORPORA)}",
    ]
    for share, margin in SETTINGS:
        cases = [c for c in found if (c["share"], c["margin"]) == (share, margin)]
        means = [
            100
            * float(np.mean([case["ua"] for case in cases if corpus in (None, case["left out"])]))
            for corpus in (None, *CORPORA)
        ]
        cells = " | ".join(f"{value:.1f}" for value in means)
        lines.append(f"| {share:g} | {f'{margin:g}' if share else ''} | {cells} |")
    made_by = f"Made by `python -m benchmarks.enrolment --model {model} --corpora DIR`."
    return "\n".join([*lines, "", made_by, ""])


def main() -> None:
    """Measure, unless it has been, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.enrolment", description=__doc__)
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=corpora, required=corpora is None)
    parser.add_argument("--model", choices=CONFIGS, default="cogcn")
    args = parser.parse_args()
    file = FOLDER / f"{args.model}.json"
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        cache = Cache.open(None, joblib.cpu_count(), Console(stderr=True))
        found = measure(args.model, args.corpora, cache)
        file.write_text(json.dumps(found, indent=1) + "\n")
    file.with_suffix(".md").write_text(page(args.model, json.loads(file.read_text())))


if __name__ == "__main__":
    main()
