"""Trial runs, which check that a model gives finite logits before it is used.

The runtimes are written in C++ and trust their files: a damaged file can crash the process that
loads it, or keep it busy for ever. A model that is not part of the package is therefore first tried
in a process of its own.
"""

from __future__ import annotations

import io
import json
import resource
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from edge_ser.backends import Backend
    from edge_ser.bundle import Bundle

_SECONDS, _WALL = 10, 60
"""Limits of processor time and of elapsed time, in seconds, for loading and three windows."""
_MEMORY = 1 << 30
"""Bytes of address space that they may use on top of what the process already uses."""


_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from edge_ser.backends.trial import main; main()"
)


def try_out(backend: Backend, bundle: Bundle) -> None:
    """Run a model on random nodes: one, three, and as many as a window can have.

    Raises:
        ValueError: the model does not give one finite logit per label.
    """
    rng = np.random.default_rng(0)
    for n in sorted({1, min(3, bundle.longest), bundle.longest}):
        nodes = rng.standard_normal((n, bundle.features.dimension), np.float32)
        a_hat = None if bundle.graph is None else np.full((n, n), 1 / n, np.float32)
        with np.errstate(all="ignore"):  # overflow is detected below
            logits = backend(nodes, a_hat)
        if logits.shape != (len(bundle.labels),) or not np.isfinite(logits).all():
            raise ValueError(f"it gives {logits} instead of one logit a label")


def try_in_subprocess(bundle: Bundle, backend: str) -> None:
    """Run :func:`try_out` in another process with limited time and memory.

    Args:
        bundle: the model.
        backend: name of the runtime.

    Raises:
        ValueError: the model is unusable; the message is the runtime's, or says that it crashed.
    """
    # -I and sys.path: import from where this process does, not from the working directory
    arguments = [json.dumps(sys.path), str(bundle.path.absolute()), backend]
    command = [sys.executable, "-I", "-c", _CODE, *arguments]
    packed = io.BytesIO()  # what is tried is what will be used, even if the folder changes
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in bundle.files.items():
            archive.writestr(name, content)
    try:
        done = subprocess.run(
            command, input=packed.getvalue(), capture_output=True, timeout=_WALL, check=False
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
    """Try the model in the subprocess; the last line on stdout says what is wrong with it."""
    from edge_ser.backends import construct, open_encoder
    from edge_ser.bundle import SUMS, sums, verify

    try:
        with zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read())) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        bundle = verify(Path(sys.argv[2]), files | {SUMS: sums(files)})
        backend = sys.argv[3]
        for what, limit in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, _SECONDS),
            (resource.RLIMIT_AS, _address_space() + _MEMORY),
        ):
            _, most = resource.getrlimit(what)
            resource.setrlimit(what, (limit if most < 0 else min(limit, most), most))
        try_out(construct(bundle, backend), bundle)
        open_encoder(bundle, backend)
    except Exception as error:  # noqa: BLE001 - runtimes raise many types
        print(next(iter(str(error).splitlines()), type(error).__name__))
        sys.exit(1)


def _address_space() -> int:
    """Return the number of bytes that this process has mapped."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
