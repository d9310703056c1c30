"""Executor of the fits: local processes, or the workers of a Dask cluster."""

from __future__ import annotations

import os
import signal
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import joblib
from joblib import Parallel

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Executor:
    """An executor of fits, local or on a cluster.

    Args:
        device: device of every fit: ``auto``, ``cpu`` or ``cuda``.
        jobs: fits at a time; on a cluster, the workers decide.
        cluster: address of a Dask scheduler, as in ``tcp://host:8786``; None to run locally. The
            workers need this checkout installed and write no files.
    """

    device: str = "auto"
    jobs: int = 1
    cluster: str | None = None

    def unordered(self, calls: Iterable[Any]) -> Iterator[Any]:
        """Yield the results of ``joblib.delayed`` calls, each as soon as it is ready.

        If a worker of the cluster dies, its calls are given to the others.

        Raises:
            EdgeSerError: ``distributed`` is not installed, or no scheduler answers.
        """
        if self.cluster is None:
            jobs, here = self.jobs, os.getpid()
            calls = ((_untouched, (here, call, *args), named) for call, args, named in calls)
        else:
            jobs = -1
        # Ctrl-C cancels what is under way on purpose; the caller says so in a line of its own
        warnings.filterwarnings("ignore", r"\d+ tasks which were still being", UserWarning)
        with self._backend():
            yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)

    @contextmanager
    def _backend(self) -> Iterator[None]:
        if self.cluster is None:
            yield
            return
        try:
            from distributed import Client
        except ImportError as error:
            raise EdgeSerError(
                "--cluster needs distributed; install it with: pip install distributed"
            ) from error
        try:
            client = Client(self.cluster, timeout=5, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EdgeSerError(f"--cluster {self.cluster}: no Dask scheduler answers") from error
        with client, joblib.parallel_config(backend="dask", client=client):
            yield


def _untouched(starter: int, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Make a call, ignoring Ctrl-C in a worker: the process that started the worker ends it."""
    if os.getpid() != starter:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return call(*args, **named)
