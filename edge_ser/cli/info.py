"""``edge-ser info``: the description of a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edge_ser.cli import options
from edge_ser.cli.output import write_json, write_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

SUMMARY = "show what a model is, what it was trained on and how well it performs"
EXAMPLE = "edge-ser info cogcn"
_MANY = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("model", metavar="MODEL", help="a bundled model, or the folder of another")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the model's ``model.json`` and its path."""
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
