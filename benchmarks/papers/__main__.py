"""Comparison of the published systems on five speaker-disjoint folds, cold and per speaker.

    python -m benchmarks.papers table --corpora DIR [--runs DIR]     all systems
    python -m benchmarks.papers claims --corpora DIR [--runs DIR]    the papers' ablations
    python -m benchmarks.papers noise --corpora DIR [--runs DIR]     noise and silence
    python -m benchmarks.papers frames --corpora DIR [--runs DIR]    … on the CoGCN paper's frames
    python -m benchmarks.papers whisper --corpora DIR [--runs DIR]   all on Whisper's first layers

`--only SYSTEM …` measures some of a part. Each row is a file in `results/papers/`, to which every
fold is added when it is done. Existing folds are not trained again, so the same command resumes an
interrupted run, on another machine too. `results/papers.md` holds the tables, and the pictures for
noise and silence.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import joblib
from rich.console import Console

from benchmarks import CORPORA, RESULTS, rows
from benchmarks.papers.entries import PARTS
from benchmarks.papers.measure import measure
from benchmarks.papers.pictures import draw
from benchmarks.papers.tables import tables
from edge_ser.errors import EdgeSerError
from train.features.cache import Cache
from train.learning.executor import Executor


def main() -> None:
    """Measure what is missing of a part, and write the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.papers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("part", choices=PARTS)
    names = list(dict.fromkeys(entry.name for part in PARTS.values() for entry in part))
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="SYSTEM")
    parser.add_argument("--corpora", type=Path, default=default, required=default is None)
    parser.add_argument("--runs", type=Path, default=Path("runs/papers"))
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    parser.add_argument("--cluster", metavar="ADDRESS")
    args = parser.parse_args()
    folder = RESULTS / "papers"
    folder.mkdir(parents=True, exist_ok=True)
    executor = Executor(args.device, args.jobs, args.cluster)
    cache = Cache.open(None, args.jobs, Console(stderr=True))
    paths = {name: args.corpora / name for name in CORPORA}
    try:
        wanted = [entry for entry in PARTS[args.part] if entry.name in args.only]
        measure(wanted, paths, folder, args.runs, cache, executor)
    except EdgeSerError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on with the next fold")
    systems = rows.read(folder)
    draw(systems, folder)
    (RESULTS / "papers.md").write_text(tables(systems, folder))


if __name__ == "__main__":
    main()
