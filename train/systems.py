"""Titles of all systems: networks of :mod:`train.models` and support vector machines."""

from __future__ import annotations

from train import models
from train.learning import svm

TITLES = {name: network.title for name, network in models.MODELS.items()} | svm.TITLES
"""Name of a system to its title in tables and pictures."""
