"""Where someone speaks: voice activity, the ends of utterances, and their nodes."""
