"""How right the model is on strangers: ``python -m benchmarks.strangers``."""
