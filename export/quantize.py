"""From a training run to a bundle that runs on the device, with the proof that nothing was lost.

    python export/quantize.py --run RUN --output DIR

The recipe is applied to the network of every fold and judged on that fold's test speakers; only
where UA holds is it applied to the final network, trained on everybody, and written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from edge_ser.bundle import WEIGHTS
from edge_ser.errors import EdgeSerError
from export.card import card_text, model_card
from export.verify import TRAINED, Outcome, disagreement, pool, verify_fold, weight_files
from export.write import write_bundle
from train import augment
from train.cache import Cache
from train.pipeline import load_data
from train.progress import progress
from train.runs import Run

TOLERANCE = {"fp32": 1e-4, "int8": 0.02}
"""Largest difference in probability between two backends."""


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/quantize.py",
        description="Export a trained run as a bundle for the device.",
        epilog="example: python export/quantize.py --run runs/cogcn --output my-model",
    )
    parser.add_argument("--run", type=Path, required=True, help="folder that `train fit` wrote")
    parser.add_argument("--output", type=Path, required=True, help="folder of the new bundle")
    parser.add_argument(
        "--precision",
        choices=sorted(TOLERANCE, reverse=True),
        default="int8",
        help="int8: weights of one byte, a quarter of the size; fp32: as trained (default: int8)",
    )
    parser.add_argument(
        "--max-ua-drop",
        type=float,
        default=0.5,
        metavar="POINTS",
        help="write nothing where UA on the test folds falls by more (default: 0.5)",
    )
    parser.add_argument("--cache", type=Path, help="folder of cached features")
    parser.add_argument("--jobs", type=int, default=2, help="processes for features (default: 2)")
    return parser.parse_args(arguments)


def quantize(args: argparse.Namespace, console: Console) -> None:
    """Exports, verifies, prints the table and writes the bundle.

    Raises:
        EdgeSerError: the run is unfinished or per-speaker, UA falls by more than allowed, the
            backends disagree, or the bundle cannot be written.
    """
    cache = Cache.open(args.cache, args.jobs, console)
    run = Run.open(args.run, cache)
    if run.config.model not in ("cogcn", "tgcn"):
        raise EdgeSerError(f"{args.run} holds a {run.config.model}; export knows cogcn and tgcn")
    if run.config.normalisation != "cold":
        raise EdgeSerError(
            f"{args.run} normalises per speaker, and a device does not know who speaks; "
            "export a run with normalisation = cold"
        )
    if run.unfinished or not run.folder(None).is_dir():
        raise EdgeSerError(f"{args.run} is not finished; run `python -m train fit` again")
    data = load_data(run.config, run.rows, [augment.CLEAN], cache)
    folds = []
    with progress(console, f"{args.precision} export of the folds", len(run.splits)) as advance:
        for fold in range(len(run.splits)):
            folds.append(verify_fold(run, data, fold, args.precision))
            advance()
    outcomes = pool(folds, data.table)
    final = run.load(None)
    files = weight_files(run, final, args.precision)
    console.print(report(outcomes, files, args.precision))
    before, after = outcomes[0], min(outcomes[1:], key=lambda outcome: outcome.ua)
    difference, equal = disagreement(outcomes)
    console.print(
        f"backends: largest difference in probability {difference:.1e}, "
        f"same label on {100 * equal:.1f} % of the clips"
    )
    if before.ua - after.ua > args.max_ua_drop:
        raise EdgeSerError(
            f"UA falls by {before.ua - after.ua:.2f} points with {after.runtime}, more than "
            f"{args.max_ua_drop}; nothing is written. Try --precision fp32 or --max-ua-drop"
        )
    if difference > TOLERANCE[args.precision]:
        raise EdgeSerError(
            f"the backends differ by {difference:.1e} in probability, more than "
            f"{TOLERANCE[args.precision]}; nothing is written"
        )
    metrics = {
        "before": before.scores,
        "after": after.scores,
        "largest_logit_change": max(outcome.largest for outcome in outcomes),
        "largest_backend_difference": difference,
    }
    card = model_card(run, final, args.output.name, args.precision, metrics)
    write_bundle(args.output, card, {**files, "CARD.md": card_text(card).encode()})
    console.print(f"wrote {args.output}")


def report(outcomes: Sequence[Outcome], files: dict[str, bytes], precision: str) -> RichTable:
    """The table of sizes, logit changes and accuracies."""
    table = RichTable(title=f"{precision}, on the test speakers of all folds")
    corpora = list(outcomes[0].scores)
    table.add_column("runtime")
    for title in ("bytes", "largest logit change", "mean", *(f"{c} WA/UA" for c in corpora), "UA"):
        table.add_column(title, justify="right")
    for outcome in outcomes:
        size = "" if outcome.runtime == TRAINED else f"{len(files[WEIGHTS[outcome.runtime]]):,}"
        scores = [outcome.scores[corpus] for corpus in corpora]
        table.add_row(
            outcome.runtime,
            size,
            f"{outcome.largest:.4f}",
            f"{outcome.mean:.5f}",
            *(f"{100 * s['wa']:.1f}/{100 * s['ua']:.1f}" for s in scores),
            f"{outcome.ua:.2f}",
        )
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    args = parse(arguments)
    try:
        quantize(args, Console(width=None if sys.stdout.isatty() else 160))
    except EdgeSerError as error:
        print(f"quantize: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
