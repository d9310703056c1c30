"""The systems by name: the networks of :mod:`train.models` and the support vector machines."""

from __future__ import annotations

from train import models
from train.learning import svm

TITLES = {name: network.title for name, network in models.MODELS.items()} | svm.TITLES
"""Name to what a system is called."""
