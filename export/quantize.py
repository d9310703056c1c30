"""Export of a training run as a bundle for the device, verified on the test speakers.

python export/quantize.py --run RUN --output DIR
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status, 1 if not every format was written."""
    try:
        from export import command
    except ModuleNotFoundError as error:
        print(
            f"quantize: error: export needs {error.name}, which is not installed; "
            "make train-env, then . .venv-train/bin/activate",
            file=sys.stderr,
        )
        return 1
    return command.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
