"""Finding speech: voice activity detection, endpointing, and segments with their nodes."""
