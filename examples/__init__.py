"""Programs that use edge_ser."""
