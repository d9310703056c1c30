"""Whether a model gives sensible logits, found out before anybody speaks.

The runtimes are written in C++ and trust their files: a damaged one can crash the process that
loads it, or keep it busy for ever. A model that did not come with the package is therefore tried in
a process of its own first.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge_ser.bundle import Bundle

if TYPE_CHECKING:
    from edge_ser.backends import Backend

_SECONDS, _WALL = 10, 60
"""Processor time, and time, that loading a model and three windows may take."""
_MEMORY = 1 << 30
"""Bytes of address space that they may take beside what the process has."""


_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from edge_ser.backends.trial import main; main()"
)


def try_out(backend: Backend, bundle: Bundle) -> None:
    """Runs a model on made-up nodes: one, some, and the most that there can be.

    Raises:
        ValueError: it does not give one finite logit a label.
    """
    rng = np.random.default_rng(0)
    for n in sorted({1, min(3, bundle.longest), bundle.longest}):
        nodes = rng.standard_normal((n, bundle.features.dimension), np.float32)
        a_hat = None if bundle.graph is None else np.full((n, n), 1 / n, np.float32)
        with np.errstate(all="ignore"):  # what overflows is found below
            logits = backend(nodes, a_hat)
        if logits.shape != (len(bundle.labels),) or not np.isfinite(logits).all():
            raise ValueError(f"it gives {logits} instead of one logit a label")


def try_elsewhere(bundle: Bundle, backend: str) -> None:
    """:func:`try_out` in another process, with little time and memory.

    Args:
        bundle: the model.
        backend: name of the runtime.

    Raises:
        ValueError: the model is unusable: what the runtime said, or that it crashed.
    """
    # isolated: not what lies in the working directory, but what this process imports from
    arguments = [json.dumps(sys.path), str(bundle.path.absolute()), backend]
    command = [sys.executable, "-I", "-c", _CODE, *arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"it takes more than {_WALL} s to load") from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ValueError(f"it takes more than {_SECONDS} s or too much memory to load")
    if done.returncode < 0:
        raise ValueError(f"the runtime crashes on it ({signal.Signals(-done.returncode).name})")
    if done.returncode:
        lines = done.stdout.decode(errors="replace").splitlines()
        raise ValueError(lines[-1] if lines else "the runtime fails on it")


def main() -> None:
    """The other process: tries the model and says on stdout, last, what is wrong with it."""
    from edge_ser.backends import construct
    from edge_ser.bundle import load_bundle

    try:
        bundle, backend = load_bundle(sys.argv[2]), sys.argv[3]
        for what, limit in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, _SECONDS),
            (resource.RLIMIT_AS, _address_space() + _MEMORY),
        ):
            _, most = resource.getrlimit(what)
            resource.setrlimit(what, (limit if most < 0 else min(limit, most), most))
        try_out(construct(bundle, backend), bundle)
    except Exception as error:  # whatever the runtime raises
        print(next(iter(str(error).splitlines()), type(error).__name__))
        sys.exit(1)


def _address_space() -> int:
    """Bytes that this process has mapped."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
