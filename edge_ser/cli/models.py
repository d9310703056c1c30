"""``edge-ser models``: the models that come with the package."""

from __future__ import annotations

import argparse

from edge_ser.cli import options
from edge_ser.cli.output import write_json, write_table

SUMMARY = "list the bundled models"
EXAMPLE = "edge-ser models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists what ``--model`` takes by name."""
    from edge_ser.bundle import bundled

    records = [
        {
            "name": bundle.name,
            "path": str(bundle.path),
            "precision": bundle.precision,
            "parameters": bundle.parameters,
            "bytes": bundle.nbytes,
            "backends": bundle.backends,
        }
        for bundle in bundled()
    ]
    if arguments.json:
        for record in records:
            write_json(record)
    elif records:
        write_table(list(records[0]), [list(record.values()) for record in records])
    return 0
