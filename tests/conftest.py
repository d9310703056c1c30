"""Shared fixtures: where the corpora are, and a microphone without a sound card; `--runtime`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from coverage import Coverage
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

import edge_ser
from edge_ser.demo import PATH as DEMO
from edge_ser.events import Event
from tests.virtual import ROOT, Environment, unavailable, virtual_microphone

# Before PyTorch is imported, and for all child processes: the networks of the tests are so small
# that several threads mostly wait for each other, and they wait busily.
os.environ["OMP_NUM_THREADS"] = "1"

if "PYTEST_XDIST_WORKER" in os.environ:
    # it counts lines already, and child processes do where they are told: tests.virtual.measured
    os.environ.pop("COVERAGE_PROCESS_START", None)


_OTHERS = ("benchmarks", "export", "report", "train")
"""Folders of the tests of all but edge_ser."""

_WAITING = frozenset(
    f"tests/test_{name}.py"
    for name in (
        *("examples", "jack", "microphone", "mqtt", "mqtt_state", "native", "profiles"),
        *("service", "steady", "terminal", "web", "web_page", "webhook"),
    )
)
"""Files of the tests that keep pace with a clock: they mostly wait, and fail when they starve."""


class _Training:
    """Skip a test module as soon as it imports what only training has, however indirectly."""

    PACKAGES = frozenset(
        {"export", "gpiozero", "joblib", "report", "safetensors", "torch", "train"}
    )

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        if name in cls.PACKAGES:
            pytest.skip(f"imports {name}", allow_module_level=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    told = "only tests of the package itself, which need no torch, no corpora and no sound server"
    parser.addoption("--runtime", action="store_true", help=told)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("runtime"):
        sys.meta_path.insert(0, _Training)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("runtime"):
        left_out = [item for item in items if _needs_more(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_xdist_auto_num_workers() -> int:
    """Use every core, four at most, and one worker more for the tests that mostly wait."""
    return min(len(os.sched_getaffinity(0)), 4) + 1


def pytest_runtest_logstart(nodeid: str) -> None:
    """Let the worker that keeps pace with a clock have a core whenever it wants one."""
    if "PYTEST_XDIST_WORKER" in os.environ and not _waits(nodeid) and os.nice(0) < 10:
        os.nice(10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count lines where edge_ser itself is tested: it slows training and exporting."""
    counting = Coverage.current()
    other = item.path.relative_to(ROOT / "tests").parts[0] in _OTHERS
    if counting and other:
        counting.stop()
    try:
        return (yield)
    finally:
        if counting and other:
            counting.start()


def pytest_sessionfinish() -> None:
    """Save what was counted: workers do not end as other processes do."""
    if counting := Coverage.current():
        counting.stop()
        counting.save()


def _waits(nodeid: str) -> bool:
    return nodeid.split("::", 1)[0] in _WAITING


def _needs_more(item: pytest.Item) -> bool:
    fixtures = {"corpora", "own_vmic", "vmic"}.intersection(getattr(item, "fixturenames", ()))
    return bool(fixtures) or item.get_closest_marker("system") is not None


class _FolderScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Give a worker whole files, or all files of a folder that share what takes long to prepare.

    Those are the exports, for what they import, and the reports, for the runs that they look into.
    The tests that mostly wait go to one worker, one after another.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if _waits(nodeid):
            return "waiting"
        folders = ("tests/export", "tests/benchmarks/report", "tests/report")
        return next((folder for folder in folders if file.startswith(f"{folder}/")), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _FolderScheduling:
    """Share the tests among the workers."""
    return _FolderScheduling(config, log)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Root folder of the corpora (RAVDESS, EmoDB, nEMO), named by ``EDGE_SER_CORPORA``.

    Without it the tests that need real emotional speech skip, except with ``CI=true``.
    """
    root = os.environ.get("EDGE_SER_CORPORA", "")
    if not (root and Path(root).is_dir()):
        unavailable(
            "EDGE_SER_CORPORA names no folder with ravdess, emodb and nemo: "
            "see docs/training-data.md"
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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the profiles of a user who has none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "edge-ser" / "profiles"


@pytest.fixture(scope="module")
def recognizer() -> edge_ser.Recognizer:
    return edge_ser.load("cogcn")


@pytest.fixture(scope="module")
def events(recognizer: edge_ser.Recognizer) -> list[Event]:
    """What the demo clip gives."""
    return list(recognizer.stream(DEMO))
