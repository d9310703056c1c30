"""Training on extracted features, and decisions of the trained networks."""
