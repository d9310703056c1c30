from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.export.systems import SMALL_RLC
from tests.layers import layers
from train.models import rlc

__all__ = ["layers"]


@pytest.fixture(autouse=True, scope="module")
def small_rlc() -> Iterator[None]:
    """Make RLC a network of few layers."""
    with patch.multiple(rlc, **SMALL_RLC):
        yield
