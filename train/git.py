"""The Git commit of the checkout."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def commit() -> str | None:
    """Return the commit, with a ``+`` if tracked files have changed since; None without Git.

    Results are not code: changes in `benchmarks/results` are ignored.
    """
    folder = Path(__file__).parent
    environment = {**os.environ, "LC_ALL": "C"}

    def git(*command: str) -> str:
        return subprocess.run(
            ["git", *command],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    try:
        code = (":/", ":(top,exclude)benchmarks/results")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", *code)
        return git("rev-parse", "HEAD") + "+" * bool(changed)
    except (OSError, subprocess.CalledProcessError):
        return None
