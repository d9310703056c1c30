"""``edge-ser devices``: the list of microphones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import say, write_json, write_table

if TYPE_CHECKING:
    import argparse

SUMMARY = "list the microphones"
EXAMPLE = "edge-ser devices"
KEYS = ("index", "name", "channels", "rate", "default")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the microphones that `listen --device` accepts."""
    from edge_ser.audio import list_devices

    rows = [tuple(getattr(device, key) for key in KEYS) for device in list_devices()]
    if arguments.json:
        for row in rows:
            write_json(dict(zip(KEYS, row, strict=True)))
    elif rows:
        write_table(KEYS, rows)
    else:
        say("no microphone found; plug one in, or listen to a file: edge-ser listen --input FILE")
    return 0
