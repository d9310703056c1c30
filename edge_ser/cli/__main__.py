"""``python -m edge_ser.cli``, which is the same as the command ``edge-ser``."""

import sys

from edge_ser.cli import main

if __name__ == "__main__":
    sys.exit(main())
