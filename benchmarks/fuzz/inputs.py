"""Fuzzing of audio files and command lines: each must give a result or an error of one line.

    python -m benchmarks.fuzz.inputs [--cases 50000]

Half of the cases are damaged files of the demo clip for `classify` and `listen`; the other half are
random command lines of known and unknown commands, options and values.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import soundfile

from benchmarks.fuzz import cases
from benchmarks.fuzz.damage import damage
from edge_ser.cli import COMMANDS, main
from edge_ser.demo import PATH as DEMO

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {
    "clip.wav": ("WAV", "PCM_16"),
    "clip.flac": ("FLAC", "PCM_16"),
    "clip.ogg": ("OGG", "VORBIS"),
    "clip.mp3": ("MP3", "MPEG_LAYER_III"),
    "float.wav": ("WAV", "FLOAT"),
    "clip.aiff": ("AIFF", "PCM_24"),
}
_KINDS = (*FORMATS, "command line")
_COMMANDS = [command.__name__.rpartition(".")[2] for command in COMMANDS]
_OPTIONS = (
    "--json",
    "--model",
    "--backend",
    "--threshold",
    "--hop",
    "--duration",
    "--device",
    "--realtime",
    "--wait",
    "--output",
    "--mqtt",
    "--mqtt-login",
    "--mqtt-ca",
    "--web",
    "--web-token",
    "--help",
    "--version",
    "--input",
    "-x",
    "--",
    "--jsonn",
)
_VALUES = (
    "",
    " ",
    "-1",
    "0",
    "0.5",
    "1e400",
    "nan",
    "inf",
    "numpy",
    "onnx",
    "tensorrt",
    "cogcn",
    "./cogcn",
    "/etc",
    "/dev/null",
    "/dev/full",
    ".",
    "absent.wav",
    "line\nbreak",
    "ünïcödé",
    "\udcff",
    "%s%n",
    "x" * 5000,
    "mqtt://127.0.0.1:9/a",
    "mqtt://[::1",
    "127.0.0.1:0",
    "http://127.0.0.1",
    "99999999999999999999",
)
"""Any may follow --output: none names a file that matters; or `classify`: none names a folder with
recordings, whose number would be that of the machine."""
_SUMMARY = re.compile(r"\d+ files: ")
_TOLD = ("edge-ser: error: ", "edge-ser: warning: ", "listening to ", "the page is at ")


def kind(number: int) -> str:
    """Return the file format of an even case; odd cases are command lines."""
    return list(FORMATS)[number // 2 % len(FORMATS)] if number % 2 == 0 else _KINDS[-1]


def run(number: int, folder: Path) -> str:
    """Run the command of a case.

    Returns:
        ``result``, ``error``, ``usage`` (exit codes 0, 1 and 2) or a defect.
    """
    random = Random(number)
    os.chdir(folder)
    if number % 2 == 0:
        name = kind(number)
        path = folder / name
        path.write_bytes(damage(name, _clip(name), random))
        arguments = random.choice((["classify", name], ["listen", "--input", name]))
        arguments += random.choice(([], ["--json"]))
    else:
        arguments = _command_line(random)
    return _outcome(arguments)


@cache
def _clip(name: str) -> bytes:
    """Encode two seconds of the demo clip in the format of ``name``."""
    samples, rate = soundfile.read(DEMO, frames=32_000, start=16_000)
    made = io.BytesIO()
    container, encoding = FORMATS[name]
    soundfile.write(made, samples, rate, format=container, subtype=encoding)
    return made.getvalue()


def _command_line(random: Random) -> list[str]:
    """Draw a command line of known and unknown words; it never opens the microphone."""
    words = [random.choice([*_COMMANDS, random.choice(_VALUES)])]
    for _ in range(random.randrange(5)):
        words.append(random.choice(_OPTIONS))
        if random.random() < 0.7:
            words.append(random.choice(_VALUES))
    if words[0] in ("listen", "doctor", "bench"):
        # doctor and bench refuse it; for listen, the last --input counts
        words += ["--input", random.choice(("absent.wav", "/dev/null"))]
    return words


def _outcome(arguments: list[str]) -> str:
    out, err = _text(), _text()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except BaseException as error:  # noqa: BLE001 - what should not happen is counted
            return f"{type(error).__name__}: {error} {arguments}"
    printed, told = _read(out), _read(err).splitlines()
    errors = [line for line in told if "error: " in line]
    if "Traceback" in printed or any("Traceback" in line for line in told):
        return f"a traceback {arguments}"
    if code not in (0, 1, 2) or (code == 0 and errors) or (code == 1 and not errors):
        return f"exit {code} with {told} {arguments}"
    if code == 1 and not all(line.startswith(_TOLD) or _SUMMARY.match(line) for line in told):
        return f"other lines: {told} {arguments}"
    if code == 0 and "--json" in arguments and not {"--help", "--version"} & set(arguments):
        try:
            for line in printed.splitlines():
                json.loads(line)
        except ValueError:
            return f"no JSON: {line} {arguments}"
    return ("result", "error", "usage")[code]


def _text() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape")


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


SUITE = cases.Suite(
    "benchmarks.fuzz.inputs",
    "Damaged audio and senseless command lines",
    "Result: exit code 0. Error: 1, and one line on stderr. Usage: 2.",
    run,
    kind,
    _KINDS,
    ("result", "error", "usage"),
)

if __name__ == "__main__":
    cases.main(SUITE, __doc__, 50_000)
