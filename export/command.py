"""What ``edge-ser-train export`` and ``export/quantize.py`` do.

The recipe is applied to the network of every fold and verified on that fold's test speakers. The
bundle of the final network, trained on all speakers, is written only if UA does not fall by more
than allowed.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markdown import Markdown

from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from export.card import Recipe, card_text, model_card
from export.encoder import describe_encoder, encoder_files
from export.formats import Converted, Failure, available, by_name, convert
from export.int8 import on_grid
from export.prune import prune
from export.report import make_report, report_text
from export.signature import Signature
from export.strangers import describe, judge, temperature, threshold
from export.verify import FoldResult, Outcome, pool, usable, verify_fold
from export.write import check_folder, write_bundle
from train import models
from train.conditions import augment
from train.dispatch import next_step
from train.features.cache import Cache
from train.learning.folds import training_variants
from train.pipeline import load_data
from train.progress import progress
from train.runs import Run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from torch import nn

    from train.learning.data import Data
    from train.learning.trained import Trained

TOLERANCE = 1e-3
"""Largest allowed difference of a logit between a runtime and the network in PyTorch."""


def run(args: argparse.Namespace, command_line: str) -> bool:
    """Run the command; return whether every format was written.

    Args:
        args: of :mod:`export.options`.
        command_line: what they were parsed from.

    Raises:
        EdgeSerError: see :func:`quantize`.
    """
    failures = quantize(args, Console(width=None if sys.stdout.isatty() else 160))
    for name, failure in failures.items():
        print(f"no {name}: {failure.reason} ({failure.versions})", file=sys.stderr)
    next_step("edge-ser", "listen", "--model", _as_path(args.output))
    return not failures


def _as_path(folder: Path) -> str:
    """Write a folder so that it is not taken for the name of a bundled model."""
    return str(folder) if len(folder.parts) > 1 else f"./{folder}"


def quantize(args: argparse.Namespace, console: Console) -> dict[str, Failure]:
    """Export and verify the run, print the report and write the bundle.

    Returns:
        The formats that failed and are missing from the bundle, with the reasons.

    Raises:
        EdgeSerError: the run is unfinished or cannot run on a device; UA falls by more than
            allowed, a runtime disagrees with PyTorch, every format failed, or the bundle cannot be
            written.
    """
    check_folder(args.output)
    cache = Cache.open(args.cache, args.jobs, console)
    run = _open(args.run, cache)
    formats = args.formats or available(run.config.model)
    variants = training_variants(run.config) if args.prune else [augment.CLEAN]
    data = load_data(run.config, run.rows, variants, cache)
    signature = Signature.of(run.config)

    def export(fold: int | None) -> tuple[Trained, nn.Module, Converted]:
        smaller = prune(run, data, fold, args.prune)
        ready = on_grid(smaller.model) if args.precision == "int8" else smaller.model
        return smaller, ready, convert(ready, signature, args.precision, formats)

    folds: list[FoldResult] = []
    with progress(console, "export of the folds", len(run.splits) + 1) as advance:
        for fold in range(len(run.splits)):
            _, ready, files = export(fold)
            folds.append(verify_fold(run, data, fold, run.load(fold), ready, files))
            advance()
        final, ready, files = export(None)
        advance()
    recipe = Recipe(args.precision, args.prune)
    calibrated = _calibrate(args, run, data, cache) if args.strangers else {}
    outcomes = pool(folds, data.table)
    weights, failures = usable(files, folds)
    report = make_report(final.model, signature, recipe, outcomes, weights, failures)
    features = feature_set(run.config.features)
    encoders = encoder_files(features, list(weights))
    if encoders:
        report["encoder"] = describe_encoder(features, encoders)
    text = report_text(args.output.name, report, run.config.labels)
    console.print(Markdown(text))
    _judge(outcomes, args.max_ua_drop, failures)
    after = min(outcomes[1:], key=lambda outcome: outcome.ua)
    metrics = {"before": outcomes[0].scores, "after": after.scores}
    card = model_card(run, final, args.output.name, recipe, metrics) | calibrated
    contents = by_name(weights) | encoders
    contents["CARD.md"] = card_text(card).encode()
    contents["report.json"] = (json.dumps(report, indent=1) + "\n").encode()
    contents["report.md"] = text.encode()
    write_bundle(args.output, card, contents)
    console.print(f"wrote {args.output}")
    return failures


def _calibrate(args: argparse.Namespace, run: Run, data: Data, cache: Cache) -> dict[str, Any]:
    """Return the keys of the card that tell how right and how sure the model is on strangers."""
    apart = Run.open(args.strangers, cache)
    if apart.config != run.config or apart.rows != run.rows:
        raise EdgeSerError(f"{args.strangers}: its recipe or its clips are not those of {args.run}")
    judged = judge(apart, data, Recipe(args.precision, args.prune), cache.console)
    # nothing is learnt from a corpus that is only tested, no temperature either
    learnt = [one for one in judged if one.corpus not in run.config.tested_only]
    value = temperature(learnt, data.table)
    return {
        "temperature": value,
        "threshold": threshold(learnt, value),
        "strangers": describe(judged, data.table),
    }


def _open(path: Path, cache: Cache) -> Run:
    run = Run.open(path, cache)
    if not models.find(run.config.model).streamed:
        raise EdgeSerError(
            f"{path} holds a {run.config.model}, which hears whole clips; a device cannot run it"
        )
    if run.config.words:
        raise EdgeSerError(f"{path} reads transcripts, and a device has none")
    if run.config.normalisation != "cold":
        raise EdgeSerError(
            f"{path} normalises per speaker, and a device does not know who speaks; "
            "export a run with normalisation = cold"
        )
    if run.unfinished or not run.folder(None).is_dir():
        raise EdgeSerError(f"{path} is not finished; run `python -m train fit` again")
    return run


def _judge(outcomes: Sequence[Outcome], allowed: float, failures: dict[str, Failure]) -> None:
    before, *after = outcomes
    if len(after) == 1:
        reasons = "; ".join(f"{name}: {failure.reason}" for name, failure in failures.items())
        raise EdgeSerError(f"no format could be had ({reasons}); nothing is written")
    for outcome in after:
        drop = before.ua - outcome.ua
        if not drop <= allowed:
            raise EdgeSerError(
                f"UA falls by {drop:.2f} points with {outcome.name}, more than {allowed}; nothing "
                "is written. Try --precision fp32 or --max-ua-drop"
            )
        if not outcome.difference <= TOLERANCE:
            raise EdgeSerError(
                f"{outcome.name} differs by {outcome.difference:.1e} in a logit from PyTorch, more "
                f"than {TOLERANCE}; nothing is written"
            )
