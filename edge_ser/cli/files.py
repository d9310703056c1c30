"""Classification of files and folders, on several cores."""

from __future__ import annotations

import logging
import multiprocessing
import os
import queue
import signal
import stat
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from logging.handlers import QueueHandler
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.errors import EdgeSerError
from edge_ser.paths import mode
from edge_ser.recognizer import load

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from edge_ser.events import Classification

_log = logging.getLogger(__name__)

SUFFIXES = frozenset(
    (
        ".aif",
        ".aifc",
        ".aiff",
        ".au",
        ".caf",
        ".flac",
        ".mp3",
        ".oga",
        ".ogg",
        ".opus",
        ".rf64",
        ".w64",
        ".wav",
    )
)
"""Of the files that are looked for in folders."""
_PER_PROCESS = 4
"""Files that are worth the half second in which a process starts."""


@dataclass(frozen=True)
class Answer:
    """What became of a file.

    Args:
        path: the file.
        result: what was heard in it; None if it cannot be used.
        error: why it cannot be used.
    """

    path: Path
    result: Classification | None = None
    error: EdgeSerError | None = None


class FileClassifier:
    """Classifier of one file after the other, each of an unknown voice or the one given.

    Args:
        arguments: the options of ``edge-ser classify``.

    Raises:
        EdgeSerError: the model, the backend or the profile cannot be used.
    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self._recognizer = load(arguments.model, arguments.backend)
        self._voice = options.voice(arguments, self._recognizer)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions of the model."""
        return tuple(self._recognizer.bundle.labels)

    def __call__(self, path: Path) -> Answer:
        """Classify a file."""
        try:
            if stat.S_ISDIR(mode(path)):
                raise EdgeSerError(f"{path} holds no audio files")
            result = self._recognizer.classify_source(
                options.recording(self.arguments, path),
                self.arguments.threshold,
                voice=self._voice.copy(),
                adapt=not self.arguments.no_adapt,
            )
        except EdgeSerError as error:
            return Answer(path, error=error)
        return Answer(path, result)


def find(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and in place of a folder the audio files in it and below, sorted.

    A folder without any stays.
    """
    return [
        file for path in paths for file in (stat.S_ISDIR(mode(path)) and _within(path)) or [path]
    ]


def _within(folder: Path) -> list[Path]:
    found = []
    for place, _, names in os.walk(folder, onerror=lambda e: _log.warning("cannot read %s", e)):
        paths = [Path(place, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if path.suffix.lower() in SUFFIXES]
    return sorted(found)


def classify(files: Sequence[Path], classifier: FileClassifier, jobs: int) -> Iterator[Answer]:
    """Yield the answer of each file, in order.

    Args:
        files: what :func:`find` returns.
        classifier: classifies them; several processes make others of its options.
        jobs: processes at most; few files need fewer.

    Raises:
        EdgeSerError: the system has ended a process.
    """
    jobs = min(jobs, -(-len(files) // _PER_PROCESS))
    if jobs < 2:
        return map(classifier, files)
    return _in_processes(files, classifier.arguments, jobs)


def _in_processes(
    files: Sequence[Path], arguments: argparse.Namespace, jobs: int
) -> Iterator[Answer]:
    # what cannot be sent to a process, and is not needed there
    arguments.parser = arguments.whole = arguments.run = None
    # not forked: openSMILE's threads would be missing in a child
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, _begin, (arguments,))
    try:
        for future in [pool.submit(_classify, file) for file in files]:
            answer, told = future.result()
            for record in told:
                logging.getLogger(record.name).handle(record)
            yield answer
    except BrokenProcessPool as error:
        raise EdgeSerError(
            "the system has ended a process, which may lack memory; try again with --jobs 1"
        ) from error
    except BaseException:  # Ctrl-C: the files that are being classified may be long
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown()


# of a process of the pool
_told: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
_classifier: FileClassifier


def _begin(arguments: argparse.Namespace) -> None:
    """Prepare a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logger = logging.getLogger("edge_ser")
    logger.addHandler(QueueHandler(_told))
    logger.setLevel(logging.DEBUG)
    global _classifier
    _classifier = FileClassifier(arguments)


def _end_with_parent() -> None:
    """End this process when its parent was killed: the pool would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _classify(path: Path) -> tuple[Answer, list[logging.LogRecord]]:
    answer = _classifier(path)
    return answer, [_told.get() for _ in range(_told.qsize())]
