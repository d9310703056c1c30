"""`--mqtt URL`, on a real broker: Mosquitto comes, goes, wants a password, speaks TLS."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from edge_ser.cli.listen import _login
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import NotInstalledError
from edge_ser.events import LABELS, EmotionEvent, StatusEvent
from edge_ser.sinks.mqtt import Broker, Mqtt, address, client, state
from tests.command import COMMAND, edge_ser, elsewhere
from tests.server import certify
from tests.virtual import unavailable

TOPIC = "house/kitchen"
LOST = StatusEvent(status="lost", at=1.0, message="gone", dropped=0)
LISTEN = (*COMMAND, "listen", "--input", str(DEMO), "--duration", "17")  # four sentences


class Mosquitto:
    """A broker of our own on a free port."""

    def __init__(self, folder: Path, *settings: str) -> None:
        found = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        if found is None:
            unavailable("mosquitto is missing (mosquitto)")
        self._program = found
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", *(settings or ["allow_anonymous true"])]
        self._config.write_text("\n".join([*lines, f"user {os.environ.get('USER', 'root')}", ""]))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config)], stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline, "mosquitto does not start"
                time.sleep(0.05)

    def hang(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def broker(self) -> Broker:
        return Broker("127.0.0.1", self.port, False, TOPIC)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.kill()


class Reader:
    """Everything that is published, as (topic, payload)."""

    def __init__(self, port: int) -> None:
        self.messages: queue.Queue[tuple[str, str]] = queue.Queue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._on_connect
        self._client.on_message = lambda _1, _2, m: self.messages.put((m.topic, m.payload.decode()))
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_connect(self, *_: object) -> None:
        self._client.subscribe("#", qos=1)

    def next(self, topic: str, within: float = 10) -> Any:
        """The next payload of a topic below :data:`TOPIC`; JSON is read."""
        deadline = time.monotonic() + within
        while True:
            found, payload = self.messages.get(timeout=max(0, deadline - time.monotonic()))
            if found == f"{TOPIC}/{topic}":
                return json.loads(payload) if payload.startswith("{") else payload

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def reading(port: int) -> Iterator[Reader]:
    reader = Reader(port)
    try:
        yield reader
    finally:
        reader.close()


def listen(port: int, *arguments: str, **settings: Any) -> subprocess.Popen[str]:
    url = f"mqtt://127.0.0.1:{port}/{TOPIC}"
    return subprocess.Popen(
        [*LISTEN, "--mqtt", url, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    )


def event(start: float) -> EmotionEvent:
    return EmotionEvent(
        type="utterance",
        start=start,
        end=start + 1,
        emotion="sad",
        confidence=1.0,
        probabilities={"sad": 1.0},
        heard=0.0,
        latency_ms=5.0,
        dropped=0,
        model="cogcn",
        backend="numpy",
    )


def test_the_house_hears_of_every_utterance_while_the_broker_dies_and_returns(
    mosquitto: Mosquitto,
) -> None:
    with reading(mosquitto.port) as reader, listen(mosquitto.port, "--realtime") as listener:
        assert reader.next("availability") == "online"
        first = reader.next("utterance")
        mosquitto.kill()
        assert listener.stdout
        assert listener.stderr
        heard = [listener.stdout.readline() for _ in range(2)]
        mosquitto.start()
        later = [reader.next("utterance", within=20)]
        if later[0]["start"] == first["start"]:  # the broker died before it said that it had it
            later = [reader.next("utterance", within=20)]
        later.append(reader.next("utterance", within=20))
        printed = "".join(heard) + listener.stdout.read()
        assert listener.wait(timeout=10) == 0
        later.append(reader.next("utterance"))
        assert reader.next("availability") == "offline"
        errors = listener.stderr.read()
    assert [m["start"] for m in (first, *later)] == sorted(m["start"] for m in (first, *later))
    assert [m["missed"] for m in later] == [0, 0, 0]
    assert printed.count("\n") == 4
    for message, line in zip((first, *later), printed.splitlines(), strict=True):
        assert (message["emotion"] or "unsure") in line
        assert f"{message['start']:.2f}" in line
    assert errors.count("is away") == errors.count("is back") == 1


def test_a_listener_that_is_killed_is_offline(mosquitto: Mosquitto) -> None:
    with reading(mosquitto.port) as reader, listen(mosquitto.port, "--realtime") as listener:
        assert reader.next("availability") == "online"
        listener.kill()
        assert reader.next("availability") == "offline"


def test_sigterm_says_goodbye_within_a_second(mosquitto: Mosquitto) -> None:
    with reading(mosquitto.port) as reader, listen(mosquitto.port, "--realtime") as listener:
        assert listener.stdout
        assert reader.next("availability") == "online"
        reader.next("utterance")
        time.sleep(2.6)  # in the middle of the second one
        began = time.monotonic()
        listener.send_signal(signal.SIGTERM)
        assert listener.wait(timeout=5) == 0
        assert time.monotonic() - began < 1
        last = reader.next("utterance")
        assert reader.next("availability") == "offline"
    assert 0 < last["end"] - last["start"] < 2


def test_home_assistant_finds_it(mosquitto: Mosquitto) -> None:
    with Mqtt(mosquitto.broker, None, None, LABELS, "cogcn", pytest.fail) as sink:
        sink(LOST)
        for _ in range(2):  # the second comes when all has arrived: it is told what was retained
            published: dict[str, str] = {}
            with reading(mosquitto.port) as reader:
                while len(published) < 8 or published[f"{TOPIC}/microphone"] != "off":
                    published.update([reader.messages.get(timeout=10)])
    assert published[f"{TOPIC}/availability"] == "online"
    found = {k: json.loads(v) for k, v in published.items() if k.startswith("homeassistant/")}
    known = f"house-kitchen-{address.identity(TOPIC)[:8]}"
    emotion = found[f"homeassistant/sensor/{known}/emotion/config"]
    assert emotion["options"] == ["idle", "speaking", *LABELS, "unsure"]
    assert emotion["state_topic"] == f"{TOPIC}/state"
    assert published[f"{TOPIC}/state"] == "idle"
    assert emotion["json_attributes_topic"] == f"{TOPIC}/utterance"
    assert emotion["availability_topic"] == f"{TOPIC}/availability"
    microphone = found[f"homeassistant/binary_sensor/{known}/microphone/config"]
    assert microphone["state_topic"] == f"{TOPIC}/microphone"
    identities = {config["unique_id"] for config in found.values()}
    assert len(identities) == 5
    assert all(config["device"] == emotion["device"] for config in found.values())


def test_the_house_knows_who_speaks_and_in_what_mood(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "IDLE", 0.5)
    with Mqtt(mosquitto.broker, None, None, LABELS, "cogcn", pytest.fail) as sink:
        with reading(mosquitto.port) as reader:
            assert reader.next("state") == "idle"
            for _ in range(3):
                sink(replace(event(1.0), type="window"))
            assert reader.next("state") == "speaking"
            sink(event(1.0))
            assert reader.next("state") == "sad"
            assert reader.next("mood") == {"emotion": "sad", "probabilities": {"sad": 1.0}}
            told = time.monotonic()
            assert reader.next("state") == "idle"
            assert time.monotonic() - told == pytest.approx(0.5, abs=0.2)
            sink(replace(event(3.0), emotion=None))
            assert reader.next("state") == "unsure"
            sink(replace(event(4.0), type="window"))
            assert reader.next("state") == "speaking"
        with reading(mosquitto.port) as late:
            assert late.next("state") == "speaking"
            assert not [topic for topic, _ in late.messages.queue if topic.endswith("/mood")]
    with reading(mosquitto.port) as later:
        assert later.next("state") == "idle"


def test_a_microphone_lost_while_the_broker_is_met_is_told(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Mqtt(mosquitto.broker, None, None, LABELS, "cogcn", pytest.fail)
    retain, losing = sink._retain, threading.Thread(target=sink, args=[LOST])

    def slowly(name: str, value: str) -> None:
        if not losing.ident:  # "on" is about to be told
            losing.start()
            time.sleep(0.2)
        retain(name, value)

    monkeypatch.setattr(sink, "_retain", slowly)
    with sink, reading(mosquitto.port) as reader:
        while reader.next("microphone") != "off":
            pass
        losing.join()


def test_a_state_that_never_arrived_does_not_come_after_a_newer_one(mosquitto: Mosquitto) -> None:
    said: list[str] = []
    with Mqtt(mosquitto.broker, None, None, LABELS, "cogcn", said.append) as sink:
        with reading(mosquitto.port) as reader:
            assert reader.next("microphone") == "on"
        mosquitto.hang()
        sink(LOST)
        time.sleep(0.2)  # it leaves, and the broker will never read it
        mosquitto.kill()
        deadline = time.monotonic() + 10
        while not said:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        sink(replace(LOST, status="back"))
        mosquitto.start()
        with reading(mosquitto.port) as reader:
            sink(event(1.0))
            reader.next("utterance", within=20)  # all that was sent before has arrived as well
        with reading(mosquitto.port) as reader:
            assert reader.next("microphone") == "on"


def test_of_too_many_utterances_the_oldest_are_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "KEPT", 3)
    said: list[str] = []
    broker = Mosquitto(tmp_path)
    with Mqtt(broker.broker, None, None, LABELS, "cogcn", said.append) as sink:
        deadline = time.monotonic() + 5
        while not said:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for start in range(10):
            sink(event(start))
        broker.start()
        with reading(broker.port) as reader:
            messages = [reader.next("utterance", within=15) for _ in range(3)]
    broker.kill()
    assert [message["start"] for message in messages] == [7, 8, 9]
    assert [message["missed"] for message in messages] == [7, 7, 7]
    assert "cannot be reached" in said[0]
    assert "is back" in said[1]


def test_a_broker_that_never_answers_holds_nothing_up() -> None:
    with socket.socket() as silent:  # it accepts connections, and that is all
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with listen(silent.getsockname()[1]) as listener:
            output, _ = listener.communicate(timeout=30)
    assert listener.returncode == 0
    assert output.count("\n") == 4


def test_a_broker_with_passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = tmp_path / "passwords"
    command = ["mosquitto_passwd", "-b", "-c", str(passwords), "pi", "raspberry:pi"]
    subprocess.run(command, check=True)
    broker = Mosquitto(tmp_path, "allow_anonymous false", f"password_file {passwords}")
    broker.start()
    login = tmp_path / "login"
    login.write_text("pi:raspberry:pi\n")
    url = f"mqtt://127.0.0.1:{broker.port}/{TOPIC}"
    listen = ("listen", "--input", DEMO, "--mqtt", url)
    done = [edge_ser(*listen, "--mqtt-login", login)]
    monkeypatch.setenv("EDGE_SER_MQTT_LOGIN", "pi:raspberry:pi")
    done.append(edge_ser(*listen))
    done.append(elsewhere(*listen, EDGE_SER_MQTT_LOGIN="pi:wrong"))  # its threads never end
    broker.kill()
    assert [one.returncode for one in done] == [0, 0, 0]
    by_file, by_environment, wrong = (one.stderr for one in done)
    assert "MQTT" not in by_file + by_environment
    assert "refuses the connection" in wrong
    assert "raspberry" not in by_file + by_environment + wrong


def test_tls_checks_the_certificate(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    broker = Mosquitto(
        tmp_path, "allow_anonymous true", f"certfile {certificate}", f"keyfile {key}"
    )
    broker.start()
    secure = replace(broker.broker, tls=True)
    said: list[str] = []
    for trusted in (certificate, None):
        with Mqtt(secure, None, trusted, LABELS, "cogcn", said.append) as sink:
            deadline = time.monotonic() + 5
            while not (sink._connected.is_set() or said):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            assert sink._connected.is_set() == (trusted is not None)
    broker.kill()
    assert len(said) == 1
    assert "its certificate is not trusted" in said[0]


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://host", "is not mqtt://HOST"),
        ("mqtt://", "is not mqtt://HOST"),
        ("mqtt://me:secret@host", "--mqtt-login"),
        ("mqtt://host/a/#", "a topic cannot contain"),
        ("mqtt://host:high", "Port could not be cast"),
    ],
)
def test_addresses_that_are_none(url: str, complaint: str) -> None:
    done = edge_ser("listen", "--mqtt", url)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_addresses() -> None:
    found = Broker.parse("mqtt://host")
    assert (found.host, found.port, found.tls) == ("host", 1883, False)
    host = re.escape(address.plain(socket.gethostname()))
    assert re.fullmatch(rf"edge-ser/{host}-[0-9a-f]{{6}}", found.topic)
    assert Broker.parse("mqtts://host:1/a/b/") == Broker("host", 1, True, "a/b")


def test_no_two_rooms_and_no_two_machines_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def identity(topic: str, machine: str) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "read_text", lambda self, **_: f"{machine}\n")
            sink = Mqtt(Broker("host", 1, False, topic), None, None, LABELS, "cogcn", pytest.fail)
            assert machine not in sink._identity
            return f"{sink._client._client_id.decode()} {sink._identity}"

    kitchen = identity("дом/кухня", "1234")
    assert identity("дом/кухня", "1234") == kitchen
    others = [identity("дом/спальня", "1234"), identity("дом/кухня", "5678")]
    assert len({kitchen, *others}) == 3


@pytest.mark.parametrize("content", [b"me:secret\n", b"\xef\xbb\xbfme:secret\r\n"])
def test_a_login_file(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_bytes(content)
    assert _login(file) == ("me", "secret")


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    with pytest.raises(NotInstalledError, match="pip install paho-mqtt$"):
        Mqtt(Broker("localhost", 1, False, "a"), None, None, LABELS, "cogcn", pytest.fail)
