"""Measurements; what the README quotes is in ``results``."""

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
CORPORA = ("ravdess", "emodb", "nemo")
"""Names of the corpora, and of their folders."""
