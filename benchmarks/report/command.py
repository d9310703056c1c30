"""What ``python -m benchmarks.report`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import joblib
from rich.console import Console

from benchmarks.report.contents import write_report
from train.features.cache import Cache

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace, command_line: str) -> bool:
    """Write the page.

    Args:
        options: of :mod:`benchmarks.report.__main__`.
        command_line: what they were parsed from.

    Raises:
        EdgeSerError: see :func:`benchmarks.report.contents.write_report`.
    """
    cache = Cache.open(options.cache, options.jobs or joblib.cpu_count(), Console(stderr=True))
    write_report(options.results, options.run, options.output, cache)
    return True
