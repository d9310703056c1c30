"""``edge-ser listen``: live recognition from a microphone, or from a file in its place."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import say
from edge_ser.cli.signals import handling_signals
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    import argparse

    from edge_ser.cli.ending import EndingSource
    from edge_ser.recognizer import Recognizer
    from edge_ser.sinks import Sink
    from edge_ser.sinks.web.address import Address
    from edge_ser.sinks.web.sink import Web
    from edge_ser.voice import VoiceStatistics

SUMMARY = "print the emotion of every utterance as it is spoken"
EXAMPLE = """\
edge-ser listen                                 from the default microphone
  edge-ser listen --device 3 --json | tee log     JSON lines, from microphone 3
  edge-ser listen --input clip.wav --realtime     from a file, paced like a microphone
  edge-ser listen --exec './lamp "$EDGE_SER_EMOTION"'   act on what is heard
  arecord -q -f S16_LE -r 16000 -t wav | edge-ser listen --input -"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    source = parser.add_mutually_exclusive_group()
    options.add_device(source)
    source.add_argument(
        "--input",
        type=options.existing,
        metavar="FILE",
        help="read a file or a pipe instead; -: stdin",
    )
    options.add_audio(parser)
    parser.add_argument(
        "--wait", action="store_true", help="wait for the microphone if it is missing at the start"
    )
    parser.add_argument(
        "--realtime", action="store_true", help="pace the file of --input like a microphone"
    )
    options.add_model(parser)
    parser.add_argument(
        "--hop",
        type=options.seconds,
        metavar="S",
        default=0.5,
        help="seconds between two results while someone speaks (default: %(default)s)",
    )
    options.add_threshold(parser)
    options.add_voice(parser)
    parser.add_argument(
        "--remember",
        type=Path,
        metavar="FILE",
        help="keep what is known of the voice in FILE, and go on from there after a restart",
    )
    parser.add_argument(
        "--duration", type=options.seconds, metavar="S", help="end after S seconds of audio"
    )
    options.add_json(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="also append utterances to FILE, as JSON lines; at 10 MB it becomes FILE.1",
    )
    parser.add_argument(
        "--mqtt",
        type=options.broker,
        metavar="URL",
        help="also publish utterances: mqtt://HOST[:PORT][/TOPIC], or mqtts:// for TLS",
    )
    parser.add_argument(
        "--mqtt-login",
        type=Path,
        metavar="FILE",
        help="file with USER:PASSWORD (default: environment variable EDGE_SER_MQTT_LOGIN)",
    )
    parser.add_argument(
        "--mqtt-ca",
        type=Path,
        metavar="FILE",
        help="certificates to trust with mqtts:// (default: the system's)",
    )
    parser.add_argument(
        "--web",
        type=options.address,
        nargs="?",
        const="127.0.0.1:8765",
        metavar="HOST:PORT",
        help="also serve a page with what is heard (default: %(const)s, for this machine alone)",
    )
    parser.add_argument(
        "--web-token",
        type=Path,
        metavar="FILE",
        help="file with what the page asks for, needed where others can reach it "
        "(default: environment variable EDGE_SER_WEB_TOKEN)",
    )
    parser.add_argument(
        "--exec",
        metavar="CMD",
        help="also run `sh -c CMD` for every utterance, with EDGE_SER_EMOTION and the like in its "
        "environment and the JSON on its stdin",
    )
    parser.add_argument(
        "--webhook",
        type=options.webhook,
        metavar="URL",
        help="also post the JSON of every utterance to http:// or https:// URL; the environment "
        "variable EDGE_SER_WEBHOOK_TOKEN may hold a bearer token",
    )


def run(arguments: argparse.Namespace) -> int:
    """Listen until the source ends or the user ends the program."""
    if arguments.realtime and arguments.input is None:
        arguments.parser.error("--realtime needs --input FILE")
    if arguments.input is None and (arguments.rate or arguments.format or arguments.channels):
        arguments.parser.error("--rate, --format and --channels need --input FILE")
    if arguments.wait and arguments.input is not None:
        arguments.parser.error("--wait is for a microphone, not for --input FILE")
    if arguments.mqtt is None and (arguments.mqtt_login or arguments.mqtt_ca):
        arguments.parser.error("--mqtt-login and --mqtt-ca need --mqtt URL")
    if arguments.web is None and arguments.web_token:
        arguments.parser.error("--web-token needs --web")
    token = _secret("--web-token", arguments.web_token, "EDGE_SER_WEB_TOKEN")[0] or None
    if arguments.web and not arguments.web.loopback and token is None:
        arguments.parser.error(
            f"others can reach --web {arguments.web}: give it a --web-token FILE, or the "
            "environment variable EDGE_SER_WEB_TOKEN"
        )
    if arguments.exec is not None and not arguments.exec.strip():
        arguments.parser.error("--exec needs a command")
    if arguments.remember and arguments.no_adapt:
        arguments.parser.error("--remember has nothing to do with --no-adapt")

    from edge_ser.audio import SteadyMicrophone
    from edge_ser.cli.ending import EndingSource
    from edge_ser.recognizer import load
    from edge_ser.sinks.systemd import Systemd

    recognizer = load(arguments.model, arguments.backend)
    source = (
        options.recording(arguments, arguments.input, arguments.realtime)
        if arguments.input
        else SteadyMicrophone(arguments.device, arguments.wait, arguments.channel)
    )
    voice = options.voice(arguments, recognizer)
    manager = Systemd.from_environment()
    with ExitStack() as stack:

        def opened() -> None:
            bundle = recognizer.bundle
            say(
                f'listening to "{source.name}" with {bundle.name} ({bundle.precision}, '
                f"{recognizer.backend} backend); Ctrl-C ends"
            )
            for sink in sinks:
                stack.enter_context(sink)

        ending = EndingSource(
            source, arguments.duration, opened, manager.alive if manager else lambda: None
        )
        sinks = _sinks(arguments, recognizer, voice, ending)
        web = _web(arguments.web, token, recognizer, ending) if arguments.web else None
        if web:
            sinks.append(web)
        if manager:
            sinks.append(manager)
        stack.enter_context(handling_signals(ending.stop))
        events = recognizer.stream(
            ending,
            arguments.hop,
            arguments.threshold,
            voice=voice,
            adapt=not arguments.no_adapt,
            observer=web.observe if web else None,
        )
        for event in events:
            for sink in sinks:
                sink(event)
    return 0


def _sinks(
    arguments: argparse.Namespace,
    recognizer: Recognizer,
    voice: VoiceStatistics,
    ending: EndingSource,
) -> list[Sink]:
    sinks = [*_shown(arguments, recognizer, ending)]
    if arguments.output:
        from edge_ser.sinks.file import JsonFile

        sinks.append(JsonFile(arguments.output, say))
    if arguments.mqtt:
        from edge_ser.sinks.mqtt import Mqtt

        login, bundle = _login(arguments.mqtt_login), recognizer.bundle
        sinks.append(
            Mqtt(arguments.mqtt, login, arguments.mqtt_ca, bundle.labels, bundle.name, say)
        )
    if arguments.exec:
        from edge_ser.sinks.execute import Execute

        sinks.append(Execute(arguments.exec, say))
    if arguments.webhook:
        from edge_ser.sinks.webhook import Webhook

        token = os.environ.get("EDGE_SER_WEBHOOK_TOKEN", "").strip()
        sinks.append(Webhook(arguments.webhook, token, say))
    if arguments.remember:
        from edge_ser.sinks.memory import VoiceMemory

        sinks.append(VoiceMemory(arguments.remember, voice, recognizer.bundle, say))
    return sinks


def _web(address: Address, token: str | None, recognizer: Recognizer, ending: EndingSource) -> Web:
    from edge_ser.sinks.web.access import Access
    from edge_ser.sinks.web.sink import Web

    return Web(address, Access(address.host, token), recognizer, ending, say)


def _shown(
    arguments: argparse.Namespace, recognizer: Recognizer, ending: EndingSource
) -> list[Sink]:
    from edge_ser.sinks.lines import JsonLines, PlainLines, StatusLines

    if arguments.json:
        return [JsonLines(sys.stdout), StatusLines(sys.stderr)]
    if not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        return [PlainLines(sys.stdout), StatusLines(sys.stderr)]

    from edge_ser.sinks.terminal import LiveDisplay

    return [LiveDisplay(recognizer.bundle.labels, ending, clock=arguments.input is None)]


def _login(file: Path | None) -> tuple[str, str] | None:
    """Read user and password of the broker; None if there are none."""
    text, place = _secret("--mqtt-login", file, "EDGE_SER_MQTT_LOGIN")
    if not text:
        return None
    user, separator, password = text.partition(":")
    if not separator:
        raise EdgeSerError(f"{place} holds no USER:PASSWORD")
    return user, password


def _secret(option: str, file: Path | None, variable: str) -> tuple[str, str]:
    """Read the first line of a file, or of the environment; return it, and where it was.

    The command line itself would show in `ps`.
    """
    text, place = os.environ.get(variable, ""), variable
    if file:
        place = str(file)
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise EdgeSerError(f"cannot read {option} {file} ({error})") from error
    return next(iter(text.splitlines()), ""), place
