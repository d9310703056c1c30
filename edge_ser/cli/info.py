"""``edge-ser info``: the description of a model."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from edge_ser.cli import options
from edge_ser.cli.output import write_json, write_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from edge_ser.bundle import Bundle

SUMMARY = "show what a model is, what it was trained on and how well it performs"
EXAMPLE = "edge-ser info cogcn"
_MANY = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "model",
        nargs="?",
        default="cogcn",
        metavar="MODEL",
        help="a bundled model, or the folder of another (default: %(default)s)",
    )
    parser.add_argument("--full", action="store_true", help="show everything that is known of it")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print a summary of the model, or its ``model.json`` and its path."""
    from edge_ser.bundle import load_bundle

    bundle = load_bundle(arguments.model)
    record = {**bundle.card, "path": str(bundle.path)}
    if arguments.json:
        write_json(record)
        return 0
    for line in _lines(record if arguments.full else _summary(bundle, arguments.model)):
        write_line(line)
    return 0


def _summary(bundle: Bundle, given: str) -> dict[str, str]:
    features, right, enrolled = bundle.features, bundle.strangers, bundle.ua("enrolled")
    says = {
        "model": f"{bundle.name}, {bundle.path}",
        "labels": ", ".join(bundle.labels),
        "network": f"{bundle.card['architecture']['system']}, {bundle.parameters:,} parameters, "
        f"{bundle.precision}, {bundle.nbytes / 1000:,.0f} kB",
        "backends": ", ".join(bundle.backends),
        "features": f"{features.set}, {features.dimension} every {features.step:g} s"
        f"{'' if features.neural else ', by openSMILE'}",
    }
    if right is not None:
        known = f", {100 * enrolled:.0f} % once enrolled" if enrolled else ""
        says["right"] = (
            f"{100 * right:.0f} % on a stranger{known}; chance is {100 / len(bundle.labels):.0f} %"
        )
    corpora = bundle.card.get("training", {}).get("corpora", {}).items()
    return {
        **says,
        "unsure": f"below {100 * bundle.threshold:.0f} %",
        "trained on": ", ".join(f"{name} ({c['speakers']} speakers)" for name, c in corpora),
        "licence": str(bundle.card["licence"]),
        "more": f"edge-ser info {shlex.quote(given)} --full",
    }


def _lines(record: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Format ``key: value`` lines, nested ones indented; long lists by their length."""
    width = max(map(len, record)) + 1
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key + ':':{width}} {_text(value)}"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if not isinstance(value, list):
        return str(value)
    if any(isinstance(item, list | dict) for item in value):
        return json.dumps(value)
    if len(value) > _MANY:
        return f"{len(value)} values"
    return ", ".join(map(_text, value))
