"""``edge-ser info``: what a model says of itself."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from edge_ser.cli import options
from edge_ser.cli.output import write_json, write_line

SUMMARY = "tell what a model is, what it was trained on and how well it does"
EXAMPLE = "edge-ser info cogcn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="MODEL", help="a bundled model, or the folder of another")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints the model's ``model.json`` and where it lies."""
    from edge_ser.bundle import load_bundle

    bundle = load_bundle(arguments.model)
    record = {**bundle.card, "path": str(bundle.path)}
    if arguments.json:
        write_json(record)
    else:
        for line in _lines(record):
            write_line(line)
    return 0


def _lines(record: dict[str, Any], indent: str = "") -> Iterator[str]:
    """``key: value`` lines, nested ones indented; long lists of numbers by their length."""
    width = max(map(len, record)) + 1
    for key, value in record.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key + ':':{width}} {_text(value)}"


def _text(value: object) -> str:
    if isinstance(value, list):
        if len(value) > 8 and isinstance(value[0], float):
            return f"{len(value)} numbers"
        return ", ".join(f"[{_text(v)}]" if isinstance(v, list) else _text(v) for v in value)
    if isinstance(value, dict):
        return " ".join(f"{key}=({_text(item)})" for key, item in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
