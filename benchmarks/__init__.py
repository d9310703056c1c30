"""Benchmarks; the results that the README quotes are in ``results``."""

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
CORPORA = ("ravdess", "emodb", "nemo")
"""Names of the corpora and their folders."""
