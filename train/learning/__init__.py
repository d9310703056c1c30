"""From features to trained networks and their decisions."""
