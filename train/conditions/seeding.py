"""Random generators seeded by name, so that a clip is always altered in the same way."""

from __future__ import annotations

from hashlib import sha256

import numpy as np


def seeded(name: str) -> np.random.Generator:
    """Return a random generator seeded by ``name``."""
    return np.random.default_rng(list(sha256(name.encode()).digest()))
