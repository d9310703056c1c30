"""What ``edge-ser-train report`` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
from rich.console import Console

from report.run import write_run_report
from train import models
from train.dispatch import next_step
from train.features.cache import Cache

if TYPE_CHECKING:
    import argparse

    from train.runs import Run


def run(options: argparse.Namespace, command_line: str) -> bool:
    """Write the page about a run; print where it is, and the next command.

    Args:
        options: ``run``, ``output``, ``jobs`` and ``cache``.
        command_line: what they were parsed from.

    Raises:
        EdgeSerError: see :func:`report.run.write_run_report`.
    """
    cache = Cache.open(options.cache, options.jobs or joblib.cpu_count(), Console(stderr=True))
    output = options.output or options.run / "report.html"
    made = write_run_report(options.run, output, cache)
    print(output)
    if exportable(made):
        name = Path("models") / options.run.resolve().name
        next_step("edge-ser-train", "export", options.run, "--output", name)
    else:
        print("only a finished run of `fit` that a device can run is exported", file=sys.stderr)
    return True


def exportable(made: Run) -> bool:
    """Tell whether export takes a run."""
    config = made.config
    fits_a_device = models.find(config.model).streamed and not config.words
    return fits_a_device and config.normalisation == "cold" and made.folder(None).is_dir()
