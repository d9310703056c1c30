"""Pictures of recordings as SVG, which browsers show and :mod:`edge_ser.pictures.png` renders."""
