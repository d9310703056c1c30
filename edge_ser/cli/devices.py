"""``edge-ser devices``: the list of microphones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import write_rows

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
    nothing = "no microphone found; plug one in, or listen to a file: edge-ser listen --input FILE"
    write_rows(KEYS, rows, arguments.json, nothing)
    return 0
