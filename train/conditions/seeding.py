"""Random numbers that hang on names alone, so that the same clip is altered alike each time."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def seeded(name: str) -> np.random.Generator:
    """Make random numbers that are the same for the same ``name``."""
    return np.random.default_rng(list(sha256(name.encode()).digest()))
