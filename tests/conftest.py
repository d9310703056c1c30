"""Shared fixtures: where the corpora are, and a microphone without a sound card."""

from __future__ import annotations

import os
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from coverage import Coverage
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from tests.virtual import ROOT, Environment, unavailable, virtual_microphone

# Before PyTorch is imported, and for all child processes: the networks of the tests are so small
# that several threads mostly wait for each other, and they wait busily.
os.environ["OMP_NUM_THREADS"] = "1"

if "PYTEST_XDIST_WORKER" in os.environ:
    # it counts lines already, and child processes do where they are told: tests.virtual.measured
    os.environ.pop("COVERAGE_PROCESS_START", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Counts lines where edge_ser itself is tested: it slows training and exporting."""
    counting = Coverage.current()
    other = item.path.relative_to(ROOT / "tests").parts[0] in ("benchmarks", "export", "train")
    if counting and other:
        counting.stop()
    try:
        return (yield)
    finally:
        if counting and other:
            counting.start()


def pytest_sessionfinish() -> None:
    """Keeps what was counted: workers do not end as other processes do."""
    if counting := Coverage.current():
        counting.stop()
        counting.save()


class _Shares(LoadFileScheduling):
    """A worker gets whole files, or a folder of which all files take long to prepare.

    Those are the exports, for what they import, and the report, for the run that it looks into.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        folders = ("tests/export", "tests/train/report")
        return next((folder for folder in folders if file.startswith(f"{folder}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Shares:
    """Shares the tests among the workers."""
    return _Shares(config, log)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Root folder of the corpora (RAVDESS, EmoDB, nEMO), named by ``EDGE_SER_CORPORA``.

    Without it the tests that need real emotional speech skip, except with ``CI=true``.
    """
    root = os.environ.get("EDGE_SER_CORPORA", "")
    if not (root and Path(root).is_dir()):
        unavailable(
            "EDGE_SER_CORPORA names no folder with ravdess, emodb and nemo: see README, Corpora"
        )
    return Path(root)


@pytest.fixture(scope="session")
def libportaudio() -> None:
    if find_library("portaudio") is None:
        unavailable("the PortAudio library is missing (libportaudio2)")


@pytest.fixture(scope="session")
def vmic(libportaudio: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """The microphone of all tests that do it no harm."""
    with virtual_microphone(tmp_path_factory.mktemp("vmic")) as environment:
        yield environment


@pytest.fixture
def own_vmic(libportaudio: None, tmp_path: Path) -> Iterator[Environment]:
    """One to suspend: on a busy machine PulseAudio does not always wake its source again."""
    with virtual_microphone(tmp_path) as environment:
        yield environment
