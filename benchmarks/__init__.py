"""Measurements; what the README quotes is in ``results``."""
