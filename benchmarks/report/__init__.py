"""HTML page of tables and pictures: ``python -m benchmarks.report``."""
