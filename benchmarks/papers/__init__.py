"""Published systems under one protocol: ``python -m benchmarks.papers``."""
