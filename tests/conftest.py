"""Shared fixtures: where the corpora are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Root folder of the corpora (RAVDESS, EmoDB, nEMO), named by ``EDGE_SER_CORPORA``.

    Without it the tests that need real emotional speech skip, except with ``CI=true``.
    """
    root = os.environ.get("EDGE_SER_CORPORA", "")
    if root and Path(root).is_dir():
        return Path(root)
    reason = "EDGE_SER_CORPORA names no folder with ravdess, emodb and nemo: see README, Corpora"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
