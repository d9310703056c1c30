"""A training run to a bundle for the device."""
