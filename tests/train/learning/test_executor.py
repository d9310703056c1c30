"""Fits on a real Dask cluster, with a worker killed midway, equal the same fits run locally."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import torch

from edge_ser.errors import EdgeSerError
from tests.made_up import made_up, rows_of, settings
from train.learning.data import Data, Table
from train.learning.executor import Executor
from train.learning.folds import Task, fit_folds
from train.protocol import splits

if TYPE_CHECKING:
    from distributed import LocalCluster


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    from distributed import LocalCluster  # seconds: not in every worker

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def tasks() -> list[Task]:
    rows = rows_of(10, clips=16)
    data = Data(Table.of(rows), {"clean": made_up(rows)})
    chosen = settings("layers=1,2", "epochs=12")
    return [Task(chosen, data, split, seed) for seed in (0, 1) for split in splits(rows)[:2]]


def test_a_killed_worker_changes_nothing(cluster: LocalCluster) -> None:
    grid = tasks()
    here = dict(fit_folds(grid, Executor("cpu")))
    victim = cluster.workers[0].pid
    killed_at: list[int] = []
    there = {}
    for place, chosen in fit_folds(grid, Executor("cpu", cluster=cluster.scheduler_address)):
        there[place] = chosen
        if not killed_at:
            killed_at.append(len(there))
            os.kill(victim, signal.SIGKILL)
    assert killed_at[0] < len(grid)
    assert sorted(there) == sorted(here) == list(range(len(grid)))
    assert victim not in [worker.pid for worker in cluster.workers.values()]
    assert cluster.scheduler is not None
    fitted = [
        transition
        for transition in cluster.scheduler.transition_log
        if "_fit_fold" in str(transition[0]) and transition[1:3] == ("processing", "memory")
    ]
    assert len(fitted) >= len(grid)  # on the cluster, not locally
    for place, chosen in here.items():
        assert there[place].fitted.validation == chosen.fitted.validation
        for name, weight in chosen.fitted.state.items():
            assert torch.equal(there[place].fitted.state[name], weight)


def test_a_cluster_that_is_not_there() -> None:
    with pytest.raises(EdgeSerError, match="no Dask scheduler answers"):
        list(fit_folds(tasks()[:1], Executor("cpu", cluster="tcp://127.0.0.1:9")))
