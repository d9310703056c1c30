"""``edge-ser completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.cli.output import write_line

if TYPE_CHECKING:
    import argparse

SUMMARY = "print the completion of commands and options for a shell"
EXAMPLE = """\
edge-ser completion bash > ~/.local/share/bash-completion/completions/edge-ser
  edge-ser completion zsh > ~/.zfunc/_edge-ser"""
_SHELLS = ("bash", "zsh", "tcsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("shell", choices=_SHELLS, metavar="SHELL", help=", ".join(_SHELLS))


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    write_line(shtab.complete(arguments.whole, arguments.shell))
    return 0
