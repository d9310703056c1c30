"""What the recipe of a bundled model is made of, each part changed by itself.

    python -m benchmarks.recipe --model NAME --corpora DIR [--only CHANGE …]
    EDGE_SER_WHISPER=PRUNED python -m benchmarks.recipe --model cogcn-whisper --corpora DIR

Nothing is chosen on the corpora that judge the model: networks are trained on two corpora and asked
about the other two. What was chosen for the case that a corpus is left out is seen in the column of
that name, whose networks never meet it, neither in training nor in this test. Each row is one file
in `results/recipe/NAME/`; those that are there are kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.strangers.conditions import in_conditions, one_of_each, same_label
from benchmarks.teacher import taught
from benchmarks.variations import (
    CONFIGS,
    TEACHER,
    TEMPERATURES,
    UNCHANGED,
    UNITS,
    VARIATIONS,
    WHOLE,
)
from edge_ser.features import feature_set
from export.card import Recipe
from export.states import answers
from export.strangers import predictions, recognizer_for
from train import config as configurations
from train.conditions import augment
from train.features.cache import Cache
from train.features.whisper import load_weights
from train.learning.data import Table
from train.learning.folds import fit_final, training_variants
from train.learning.trained import Trained
from train.metrics import score
from train.pipeline import load_data
from train.progress import progress
from train.runs import read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_ser.recognizer import Recognizer
    from train.config import Config
    from train.corpora import Row
    from train.learning.data import Clips, Data
    from train.protocol import Speaker

FOLDER = RESULTS / "recipe"
CORPORA = ("ravdess", "emodb", "nemo", "crema-d")
STATES = ("cold", "enrolled", "mixed", "life")
CONDITIONS = {
    "band:300-3400": "telephone",
    "noise:10": "white noise",
    "pink:10": "pink noise",
    "babble:10": "babble",
    "gain:-30": "soft",
}
"""Those that need none of the sounds which judge the model."""
LATER = "delay:37"
_ENCODERS = (
    "Encoders with fewer units are from `edge-ser-train prune-encoder --config cogcn-whisper",
    "--set sounds=DIR --set open_sounds=true --corpus emodb=DIR --corpus crema-d=DIR`: they have",
    "heard these two corpora, without labels, where they are asked about them too.",
    "",
)


def measure(model: str, name: str, corpora: Path, cache: Cache, seeds: int) -> dict[str, Any]:
    """Train on every pair of corpora, and ask about the other two in every state."""
    sounds = f"sounds={corpora / 'sounds'}"
    changes = VARIATIONS[model][name]
    config = configurations.load("cogcn", CONFIGS[model], [sounds, *UNCHANGED, *changes])
    rows = read_rows({corpus: corpora / corpus for corpus in CORPORA}, config, cache)
    data = load_data(config, rows, training_variants(config), cache)
    teacher = None
    if name in TEMPERATURES:
        own = configurations.load("cogcn", CONFIGS[TEACHER], [sounds])
        teacher = own, load_data(own, rows, training_variants(own), cache), TEMPERATURES[name]
    some = one_of_each(rows)
    heard = (
        Table.of(some),
        in_conditions(some, config, (augment.CLEAN, *CONDITIONS, LATER), cache),
    )
    pairs = list(itertools.combinations(CORPORA, 2))
    work = [(pair, seed) for pair in pairs for seed in range(seeds)]
    found = []
    with progress(cache.console, name, len(work)) as advance:
        calls = (
            delayed(_fit)(config, data, heard, rows, pair, seed, teacher) for pair, seed in work
        )
        for part in Parallel(n_jobs=cache.jobs, return_as="generator")(calls):
            found += part
            advance()
    return {"changes": changes, "seeds": seeds, "found": found}


def _fit(
    config: Config,
    data: Data,
    heard: tuple[Table, dict[str, Clips]],
    rows: Sequence[Row],
    pair: tuple[str, str],
    seed: int,
    teacher: tuple[Config, Data, float] | None,
) -> list[dict[str, Any]]:
    if teacher:
        table = taught(data.table, speakers_of(rows, pair), *teacher)
        data = replace(data, table=table)
    recognizer = network(config, data, rows, pair, seed)
    found = []
    for corpus in CORPORA:
        if corpus in pair:
            continue
        (outer,) = (name for name in CORPORA if name not in (*pair, corpus))
        own = np.flatnonzero(data.table.corpora == corpus)
        values = {}
        for state in STATES:
            answered = answers(recognizer, data.clips[augment.CLEAN], data.table, own, state)
            values[state] = score(data.table.labels[answered.rows], predictions(answered))["ua"]
        values |= _in_conditions(recognizer, *heard, corpus)
        found.append({"trained": pair, "asked": corpus, "left out": outer, "seed": seed, **values})
    return found


def speakers_of(rows: Sequence[Row], pair: tuple[str, str]) -> list[Speaker]:
    """List the speakers of two corpora."""
    return sorted({(row.corpus, row.speaker) for row in rows if row.corpus in pair})


def network(
    config: Config, data: Data, rows: Sequence[Row], pair: tuple[str, str], seed: int
) -> Recognizer:
    """Train a network on two corpora, and load it as a device does, int8."""
    (candidate,) = config.candidates()
    fitted, normalisation = fit_final(
        config,
        data,
        speakers_of(rows, pair),
        candidate,
        config.epochs,
        seed=seed,
        device="cpu",
    )
    return recognizer_for(config, Trained.of(config, fitted, normalisation), Recipe("int8"))


def _in_conditions(
    recognizer: Recognizer, table: Table, clips: dict[str, Clips], corpus: str
) -> dict[str, float]:
    """Measure UA, cold, in each condition; and how often the label stays a little later."""
    own = np.flatnonzero(table.corpora == corpus)
    answered = {
        variant: answers(recognizer, heard, table, own, "cold") for variant, heard in clips.items()
    }
    found = {
        variant: score(table.labels[one.rows], predictions(one))["ua"]
        for variant, one in answered.items()
    }
    return {**found, "same": same_label(answered[augment.CLEAN], answered[LATER])}


def page(model: str, found: dict[str, dict[str, Any]]) -> str:
    """Write the tables."""
    strangers, conditions = {}, {}
    for name, row in found.items():
        cases = row["found"]
        by_state = [_mean(case[state] for case in cases) for state in STATES]
        by_corpus = [
            _mean(case[state] for case in cases if case["left out"] == corpus for state in STATES)
            for corpus in CORPORA
        ]
        strangers[name] = [*by_state, float(np.mean(by_state)), *by_corpus]
        heard = [_mean(case[name] for case in cases) for name in (augment.CLEAN, *CONDITIONS)]
        conditions[name] = [*heard, float(np.mean(heard[1:])), _mean(c["same"] for c in cases)]
    lines = [
        f"# The recipe of {model}, part by part",
        "",
        "UA in percent of networks (int8) that were trained on two corpora and asked about the",
        "other two: the mean over the twelve cases, by state of knowledge; then, over all states,",
        "the three cases in which a corpus is met nowhere, neither in training nor here. Networks",
        f"a case: {', '.join(sorted({str(row['seeds']) for row in found.values()}))}.",
        "",
        *_table([*STATES, "mean", *(f"without {corpus}" for corpus in CORPORA)], strangers),
        "",
        "The same networks, cold, on a clip of each speaker and emotion: UA as recorded, in the",
        "band of a telephone, in noise at 10 dB and 30 dB softer; and the share of clips that get",
        "the same label 37 ms later.",
        "",
        *_table(["as recorded", *CONDITIONS.values(), "mean of these", "37 ms later"], conditions),
        "",
        *(_ENCODERS if UNITS.keys() & found.keys() else ()),
        f"Made by `python -m benchmarks.recipe --model {model} --corpora DIR`.",
        "",
    ]
    return "\n".join(lines)


def _table(heads: Sequence[str], rows: dict[str, list[float]]) -> list[str]:
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for name, values in rows.items():
        lines.append(f"| {name} | {' | '.join(f'{value:.1f}' for value in values)} |")
    return lines


def _mean(values: Any) -> float:
    return 100 * float(np.mean(list(values)))


def main() -> None:
    """Measure the missing rows and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipe", description=__doc__)
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=corpora, required=corpora is None)
    parser.add_argument("--model", choices=CONFIGS, default="cogcn")
    changes = list(dict.fromkeys(name for names in VARIATIONS.values() for name in names))
    parser.add_argument("--only", nargs="+", choices=changes, metavar="CHANGE", default=changes)
    parser.add_argument("--seeds", type=int, default=2)
    args = parser.parse_args()
    cache = Cache.open(None, joblib.cpu_count(), Console(stderr=True))
    (FOLDER / args.model).mkdir(parents=True, exist_ok=True)
    for name in VARIATIONS[args.model]:
        file = _file(args.model, name)
        if name not in args.only or file.is_file():
            continue
        if has_encoder(args.model, name):
            row = measure(args.model, name, args.corpora, cache, args.seeds)
            file.write_text(json.dumps(row, indent=1) + "\n")
            _write(args.model)
        else:
            cache.console.print(f"{name}: left out, EDGE_SER_WHISPER names another encoder")
    _write(args.model)


def has_encoder(model: str, name: str) -> bool:
    """Return whether EDGE_SER_WHISPER names the encoder that a change needs, if it needs one."""
    config = configurations.load("cogcn", CONFIGS[model], ["channels=0", "consistency=0"])
    if not feature_set(config.features).neural:
        return True
    units = len(load_weights(config.features)["layers.0.fc1.weight"])
    return units == UNITS.get(name, WHOLE)


def _file(model: str, name: str) -> Path:
    return FOLDER / model / f"{name.replace(':', '').replace(' ', '-')}.json"


def _write(model: str) -> None:
    files = {name: _file(model, name) for name in VARIATIONS[model]}
    found = {name: json.loads(f.read_text()) for name, f in files.items() if f.is_file()}
    (FOLDER / f"{model}.md").write_text(page(model, found))


if __name__ == "__main__":
    main()
