"""Export report in a bundle: ``report.json`` for programs, ``report.md`` for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from export.recurrent import unrolled
from train.models import count_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from export.card import Recipe
    from export.formats import Failure
    from export.signature import Signature
    from export.verify import Outcome

_TITLES = {"pytorch": "exported"}


def count_products(model: nn.Module, signature: Signature) -> int:
    """Count the multiply-accumulates of products and convolutions over the longest window."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        unrolled(model)(*signature.example())
    return counter.get_total_flops() // 2


def make_report(
    model: nn.Module,
    signature: Signature,
    recipe: Recipe,
    outcomes: Sequence[Outcome],
    files: Mapping[str, bytes],
    failures: Mapping[str, Failure],
) -> dict[str, Any]:
    """Build the contents of ``report.json``.

    Args:
        model: the final network, before its weights are rounded.
        signature: signature of its inputs.
        recipe: changes made to the network.
        outcomes: outcomes on the test folds, first that of the network as trained.
        files: format to the final file.
        failures: the formats that failed.
    """
    return {
        "recipe": asdict(recipe),
        "parameters": count_parameters(model),
        "multiply_accumulates": count_products(model, signature),
        "longest_window": signature.longest,
        "runtimes": {outcome.name: _described(outcome, files) for outcome in outcomes},
        "failures": {
            name: {"reason": failure.reason, "versions": failure.versions}
            for name, failure in failures.items()
        },
    }


def _described(outcome: Outcome, files: Mapping[str, bytes]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "ua": outcome.ua,
        "largest_logit_change": outcome.change[0],
        "mean_logit_change": outcome.change[1],
        "largest_difference_from_pytorch": outcome.difference,
        "largest_difference_in_probability": outcome.probability,
        "scores": outcome.scores,
    }
    if outcome.milliseconds is not None:
        p50, p95 = outcome.milliseconds
        described |= {"bytes": len(files[outcome.name]), "p50_ms": p50, "p95_ms": p95}
    return described


def report_text(name: str, report: Mapping[str, Any], labels: Sequence[str]) -> str:
    """Write ``report.md``.

    Args:
        name: name of the bundle.
        report: the report from :func:`make_report`.
        labels: the classes.
    """
    runtimes = report["runtimes"]
    corpora = list(next(iter(runtimes.values()))["scores"])
    recipe = ", ".join(f"{key} {value}" for key, value in report["recipe"].items())
    lines = [
        f"# {name}: what export has changed",
        "",
        f"{recipe}; {report['parameters']:,} parameters, "
        f"{report['multiply_accumulates']:,} multiply-accumulates in a window of "
        f"{report['longest_window']} nodes.",
        "",
        "On the test speakers of all folds, pooled; accuracy in percent. Trained, exported: the",
        "network before and after, in PyTorch. Change: of a logit from the one trained, largest",
        "and mean. Error: from the one exported, largest of a logit and of a probability P.",
        "Milliseconds of a window, on one thread.",
        "",
        "| runtime | bytes | UA | change | mean | error | of P | ms p50 | p95 |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(_TITLES.get(key, key), figures) for key, figures in runtimes.items()),
        "",
        f"| runtime | corpus | WA | UA | {' | '.join(labels)} |",
        f"|---|---|---|---|{'---|' * len(labels)}",
    ]
    for key, figures in runtimes.items():
        for corpus in corpora:
            own = figures["scores"][corpus]
            recalls = [f"{100 * own['recall'].get(label, float('nan')):.1f}" for label in labels]
            lines.append(
                f"| {_TITLES.get(key, key)} | {corpus} | {100 * own['wa']:.1f} "
                f"| {100 * own['ua']:.1f} | {' | '.join(recalls)} |"
            )
    if "encoder" in report:
        lines += _encoder(report["encoder"])
    for key, failure in report["failures"].items():
        lines += ["", f"No {key}: {failure['reason']} ({failure['versions']})."]
    return "\n".join([*lines, ""])


def _encoder(described: Mapping[str, Any]) -> list[str]:
    products = described["multiply_accumulates_per_second"] / 1e6
    return [
        "",
        f"The encoder of the nodes: {products:,.0f} million multiply-accumulates for a second of",
        "speech; milliseconds for 1, 3 and 8 seconds, on one thread.",
        "",
        "| file | bytes | 1 s | 3 s | 8 s |",
        "|---|---|---|---|---|",
        *(_encoder_line(name, own) for name, own in described["files"].items()),
    ]


def _encoder_line(name: str, figures: Mapping[str, Any]) -> str:
    times = " | ".join(f"{value:.0f}" for value in figures["ms"].values())
    return f"| {name} | {figures['bytes']:,} | {times} |"


def _line(title: str, figures: Mapping[str, Any]) -> str:
    size, *times = (
        (f"{figures['bytes']:,}", f"{figures['p50_ms']:.2f}", f"{figures['p95_ms']:.2f}")
        if "bytes" in figures
        else ("", "", "")
    )
    return (
        f"| {title} | {size} | {figures['ua']:.2f} | {figures['largest_logit_change']:.4f} "
        f"| {figures['mean_logit_change']:.5f} | {figures['largest_difference_from_pytorch']:.1e} "
        f"| {figures['largest_difference_in_probability']:.1e} | {' | '.join(times)} |"
    )
