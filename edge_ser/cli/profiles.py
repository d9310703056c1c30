"""``edge-ser profiles``: the list of enrolled voices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import say, write_rows
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    import argparse

SUMMARY = "list the voices that `edge-ser enrol` learnt"
EXAMPLE = "edge-ser profiles"
KEYS = ("name", "model", "version", "seconds", "created", "path")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the profiles in the user's folder; those that are damaged are named on stderr."""
    from edge_ser import profiles

    rows = []
    for file in sorted(profiles.folder().glob("*.json")):
        try:
            content = profiles.read(file)
        except EdgeSerError as error:
            say(f"edge-ser: warning: {error}")
            continue
        known = {**content, "name": file.stem, "path": str(file)}
        rows.append(tuple(known.get(key) for key in KEYS))
    write_rows(KEYS, rows, arguments.json, "no profiles; learn a voice: edge-ser enrol NAME")
    return 0
