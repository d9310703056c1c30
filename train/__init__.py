"""Training and evaluation of the models that the device runs: ``python -m train``."""
