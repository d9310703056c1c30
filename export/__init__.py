"""Export of training runs as bundles for the device."""
