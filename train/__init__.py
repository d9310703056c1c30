"""Training and evaluation of the models that run on the device: ``python -m train``."""
