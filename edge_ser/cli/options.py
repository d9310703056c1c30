"""Options shared by several commands, and the parsing of their values."""

from __future__ import annotations

import argparse
import math
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser import __version__
from edge_ser.paths import mode

if TYPE_CHECKING:
    from edge_ser.audio import AudioFile, AudioPipe
    from edge_ser.recognizer import Recognizer
    from edge_ser.sinks.mqtt import Broker
    from edge_ser.sinks.web.address import Address
    from edge_ser.voice import VoiceStatistics

BACKENDS = ("numpy", "onnx", "tflite")


def describe(parser: argparse.ArgumentParser, summary: str, example: str) -> None:
    """Give a parser its ``--version`` and a ``--help`` that ends with an example."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = f"{summary[0].upper()}{summary[1:]}"
    parser.epilog = f"example:\n  {example}"
    parser.add_argument("--version", action="version", version=f"edge-ser {__version__}")


def add_device(parser: argparse._ActionsContainer) -> None:
    """Add ``--device``."""
    parser.add_argument(
        "--device",
        type=device,
        metavar="NAME|INDEX",
        help="microphone, as listed by `edge-ser devices` (default: the system's)",
    )


def add_audio(parser: argparse.ArgumentParser) -> None:
    """Add what says how recordings and pipes are read."""
    parser.add_argument(
        "--channel",
        type=whole,
        metavar="N",
        help="hear only channel N, from 1 (default: what the channels have in common)",
    )
    parser.add_argument(
        "--rate", type=seconds, metavar="HZ", help="read raw samples of this sampling rate"
    )
    parser.add_argument(
        "--format",
        choices=("u8", "s16le", "s24le", "s32le", "f32le", "f64le"),
        help="encoding of raw samples (default: s16le)",
    )
    parser.add_argument(
        "--channels", type=whole, metavar="N", help="channels of raw samples (default: 1)"
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model`` and ``--backend``."""
    parser.add_argument(
        "--model",
        metavar="NAME|DIR",
        default="cogcn",
        help="name of a bundled model, or the folder of another (default: %(default)s)",
    )
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        help="runtime that computes the model (default: the first for which it has weights)",
    )


def add_threshold(parser: argparse.ArgumentParser) -> None:
    """Add ``--threshold``."""
    parser.add_argument(
        "--threshold",
        type=probability,
        metavar="P",
        help="report no emotion if the confidence is below P; 0: always report one (default: "
        "the model's, as `edge-ser info` shows)",
    )


def add_voice(parser: argparse.ArgumentParser) -> None:
    """Add ``--profile`` and ``--no-adapt``."""
    parser.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help="start from a voice that `edge-ser enrol` learnt (default: nothing is known)",
    )
    parser.add_argument(
        "--no-adapt", action="store_true", help="do not adapt to the voice while it speaks"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, one object per line")


def recording(
    arguments: argparse.Namespace, path: Path, realtime: bool = False
) -> AudioFile | AudioPipe:
    """Return the source for a file, a pipe (``-``: stdin) or raw samples."""
    from edge_ser.audio import AudioFile, AudioPipe

    raw = arguments.rate, arguments.format, arguments.channels
    found = mode(path)
    pipe = found and not (stat.S_ISREG(found) or stat.S_ISDIR(found))
    if any(raw) or str(path) == "-" or pipe:
        return AudioPipe(path, *raw, arguments.channel)
    return AudioFile(path, realtime, arguments.channel)


def voice(arguments: argparse.Namespace, recognizer: Recognizer) -> VoiceStatistics:
    """Return the statistics of the voice of ``--profile``, or those of an unknown voice.

    Raises:
        EdgeSerError: there is no such profile, or it was made for another model.
    """
    if arguments.profile is None:
        return recognizer.unknown_voice()
    from edge_ser import profiles

    return profiles.load(arguments.profile, recognizer.bundle)


def seconds(text: str) -> float:
    """Parse a finite number above 0."""
    value = _number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def existing(text: str) -> Path:
    """Parse the name of a file or folder; an empty one would be the current folder."""
    if not text:
        raise argparse.ArgumentTypeError("the name of a file is empty")
    return Path(text)


def whole(text: str) -> int:
    """Parse a number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def probability(text: str) -> float:
    """Parse a number in [0, 1]."""
    value = _number(text.removesuffix("%"))
    if not 0 <= value <= 1:
        percent = f"; give {value / 100:g} for {value:g} %" if 1 < value <= 100 else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1{percent}")
    return value


def broker(text: str) -> Broker:
    """Parse the URL of an MQTT broker and topic."""
    from edge_ser.sinks.mqtt import Broker

    try:
        return Broker.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def address(text: str) -> Address:
    """Parse where to serve a page."""
    from edge_ser.sinks.web.address import Address

    try:
        return Address.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def webhook(text: str) -> str:
    """Parse the URL of a webhook."""
    from edge_ser.sinks.webhook import parse

    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def device(text: str) -> str | int:
    """Parse a microphone's index, if it is a number, or its name."""
    return int(text) if text.isdecimal() else text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan  # outside every range
