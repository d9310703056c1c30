"""Judge a model as strangers would: corpora left out, unknown voices, microphones and sounds.

    python -m benchmarks.strangers --model NAME --corpora DIR

The runs of `make model NAME=NAME` are judged: networks of one recipe, some trained without a whole
corpus, which are exported like the shipped model and asked through the device's own stream. Each
part is one file in `results/strangers/NAME/`; parts that are there are kept, so an interrupted run
can be resumed. `results/strangers/NAME.md` and its pictures show them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
from rich.console import Console

from benchmarks import RESULTS
from benchmarks.strangers import conditions, no_speech, pictures, states
from benchmarks.strangers.tables import page
from edge_ser.errors import EdgeSerError
from export.card import Recipe
from export.strangers import judge
from train.features.cache import Cache
from train.learning.folds import training_variants
from train.pipeline import load_data
from train.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = RESULTS / "strangers"


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.strangers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", default="cogcn", help="name or folder (default: cogcn)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder of NAME-loco, …")
    parser.add_argument("--prune", type=float, default=0.0, help="share of the hidden units")
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=corpora, required=corpora is None)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    return parser.parse_args()


def main() -> int:
    """Measure the missing parts, and write the page."""
    args = parse()
    console = Console(stderr=True)
    cache = Cache.open(None, args.jobs, console)
    recipe = Recipe("int8", args.prune)
    name = Path(args.model).name
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        apart = Run.open(args.runs / f"{name}-loco", cache)
        variants = training_variants(apart.config) if args.prune else ["clean"]
        data = load_data(apart.config, apart.rows, variants, cache)

        def strangers() -> dict[str, Any]:
            return states.measure(judge(apart, data, recipe, console), data.table)

        def studios() -> dict[str, Any]:
            run = Run.open(args.runs / f"{name}-folds", cache)
            return states.measure(judge(run, data, recipe, console, "folds"), data.table)

        def other_microphones() -> dict[str, Any]:
            return conditions.measure(apart, data, recipe, args.corpora / "sounds", cache)

        def sounds() -> dict[str, Any]:
            clips = [row.path for row in apart.rows[::10]]
            noises = args.corpora / "sounds"
            return no_speech.measure(args.model, noises, clips, args.jobs, console)

        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "loco": strangers,
            "folds": studios,
            "conditions": other_microphones,
            "sounds": sounds,
        }
        found = {
            part: _part(folder / f"{part}.json", measure, apart.commit)
            for part, measure in parts.items()
        }
    except EdgeSerError as error:
        print(f"strangers: error: {error}", file=sys.stderr)
        return 1
    folder.with_suffix(".md").write_text(page(name, found))
    pictures.draw(found, folder)
    return 0


def _part(file: Path, measure: Callable[[], dict[str, Any]], commit: str | None) -> dict[str, Any]:
    if not file.is_file():
        content = {"commit": commit, **measure()}
        file.write_text(json.dumps(content, indent=1) + "\n")
    found: dict[str, Any] = json.loads(file.read_text())
    found.pop("commit")
    return found


if __name__ == "__main__":
    sys.exit(main())
