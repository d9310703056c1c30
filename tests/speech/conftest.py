"""Fixtures of the tests of finding speech."""

from __future__ import annotations

from tests.layers import layers

__all__ = ["layers"]
