"""The MQTT sink, with Home Assistant's discovery."""

from __future__ import annotations

import hmac
import json
import logging
import queue
import re
import socket
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edge_ser.errors import EdgeSerError, NotInstalledError
from edge_ser.events import Event, StatusEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_ser.sinks import Warn

_log = logging.getLogger(__name__)

KEPT = 1000
"""Utterances queued while the broker is away; beyond that the oldest are dropped and counted."""

_LAST = 0.5  # seconds to wait for the broker at the end of the stream
_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True)
class Broker:
    """An MQTT broker and the topic to publish under.

    Args:
        host: name or address.
        port: port number.
        tls: whether to encrypt the connection and check the broker's certificate.
        topic: prefix of all topics.
    """

    host: str
    port: int
    tls: bool
    topic: str

    @classmethod
    def parse(cls, url: str) -> Broker:
        """Parse ``mqtt://host[:port][/topic]``, or ``mqtts://`` for TLS.

        Raises:
            ValueError: ``url`` is something else, or holds a login or a wildcard.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is not mqtt://HOST[:PORT][/TOPIC] or mqtts://…")
        if parts.username is not None:
            raise ValueError("a login in the address would show in `ps`; use --mqtt-login FILE")
        host = _plain(socket.gethostname())  # many are called raspberrypi
        topic = parts.path.strip("/") or f"edge-ser/{host}-{_identity('')[:6]}"
        if set("+#?") & set(url):
            raise ValueError(f"{url!r}: a topic cannot contain + # or ?")
        return cls(
            parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "mqtts", topic
        )


class Mqtt:
    """A sink that publishes utterances, the microphone's state and the program's availability.

    ``TOPIC/utterance``: the object of the JSON lines with its ``time`` and the number of utterances
    ``missed`` because the broker was away; QoS 1. ``TOPIC/microphone``: ``on`` or ``off``,
    retained. ``TOPIC/availability``: ``online``, or ``offline``, which is also the last will;
    retained. Home Assistant discovers them under ``homeassistant/``, by an identity of the machine
    and the topic. The stream goes on whatever
    the broker does.

    Args:
        broker: broker and topic.
        login: user and password, if the broker needs them.
        ca: file with the certificates to trust instead of the system's.
        labels: the emotions.
        model: name of the bundle.
        warn: called when the broker is away, is back, or refuses the connection.

    Raises:
        NotInstalledError: paho-mqtt is not installed.
        EdgeSerError: ``ca`` is unusable.
    """

    def __init__(
        self,
        broker: Broker,
        login: tuple[str, str] | None,
        ca: Path | None,
        labels: Sequence[str],
        model: str,
        warn: Warn,
    ) -> None:
        try:
            from paho.mqtt import client as paho
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            raise NotInstalledError(
                "--mqtt needs paho-mqtt; install it: pip install paho-mqtt"
            ) from None
        self._broker, self._labels, self._model, self._warn = broker, labels, model, warn
        self._topic = broker.topic
        self._waiting: deque[str] = deque()
        self._sending = False
        self._missed = 0
        self._microphone = "on"
        self._changed = threading.Condition()
        self._acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._connected = threading.Event()
        self._told_away = False
        self._ended = False
        self._identity = f"{_plain(self._topic)}-{_identity(self._topic)[:8]}"
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"edge-ser-{_identity(self._topic)[:12]}"
        )
        self._client.on_connect = self._on_connect
        trust = ", or its certificate is not trusted (--mqtt-ca)" if broker.tls else ""
        self._client.on_connect_fail = lambda *_: self._away(f"cannot be reached{trust}")
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = lambda _1, _2, number, *_3: self._acknowledged.put(number)
        self._client.will_set(f"{self._topic}/availability", "offline", qos=1, retain=True)
        self._client.reconnect_delay_set(1, 60)
        if login is not None:
            self._client.username_pw_set(*login)
        if broker.tls:
            try:
                self._client.tls_set(None if ca is None else str(ca))
            except (OSError, ValueError) as error:
                raise EdgeSerError(f"--mqtt-ca {ca} holds no certificates ({error})") from error

    def __enter__(self) -> Mqtt:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=30)
        self._client.loop_start()
        threading.Thread(target=self._publish, name="MQTT", daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Wait up to half a second for queued utterances, publish ``offline`` and disconnect."""
        deadline = time.monotonic() + _LAST
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not (self._waiting or self._sending), _LAST)
        if self._connected.is_set():
            offline = self._client.publish(f"{self._topic}/availability", "offline", 1, retain=True)
            offline.wait_for_publish(max(0.1, deadline - time.monotonic()))
            self._client.disconnect()
            self._client.loop_stop()

    def __call__(self, event: Event) -> None:
        """Publish the event, unless it is a ``window``; never wait for the broker."""
        if isinstance(event, StatusEvent):
            # not queued: only the newest status matters, and it is retained
            with self._changed:
                if event.status != "error":
                    self._microphone = "on" if event.status == "back" else "off"
                if self._connected.is_set():
                    self._retain("microphone", self._microphone)
        elif event.type == "utterance":
            with self._changed:
                self._waiting.append(json.dumps(event.to_dict()))
                if len(self._waiting) > KEPT:
                    self._waiting.popleft()
                    self._missed += 1
                self._changed.notify_all()

    def _publish(self) -> None:
        """Publish queued utterances, each acknowledged before the next; runs in its own thread."""
        while True:
            self._connected.wait()
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                message = {**json.loads(self._waiting.popleft()), "missed": self._missed}
                self._sending = True
            number = self._client.publish(
                f"{self._topic}/utterance", json.dumps(message), qos=1
            ).mid
            # after a reconnection paho sends it again
            while self._acknowledged.get() != number:
                pass
            with self._changed:
                self._sending = False
                self._changed.notify_all()

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._away(f"refuses the connection ({reason}); see --mqtt-login")
            return
        _log.info("publishing to %s under %s", self._broker.host, self._topic)
        for kind, name, config in self._discovery():
            place = f"homeassistant/{kind}/{self._identity}/{name}/config"
            self._client.publish(place, json.dumps(config), 1, retain=True)
        with self._changed:  # or a status that changes right now would not be published
            self._retain("microphone", self._microphone)
            self._retain("availability", "online")
            self._connected.set()
        if self._told_away:
            self._told_away = False
            self._warn(f"the MQTT broker {self._broker.host} is back")

    def _on_disconnect(
        self, client: Any, data: Any, flags: Any, reason: Any, properties: Any
    ) -> None:
        self._connected.clear()
        if not self._ended:
            self._away("is away")

    def _away(self, what: str) -> None:
        if not self._told_away:
            self._told_away = True
            self._warn(
                f"the MQTT broker {self._broker.host} {what}; "
                f"listening goes on, the last {KEPT} utterances wait for it"
            )

    def _retain(self, name: str, value: str) -> None:
        # QoS 0: each connection starts with the newest state; with QoS 1 an older state that was
        # not acknowledged would be sent again after it
        self._client.publish(f"{self._topic}/{name}", value, qos=0, retain=True)

    def _discovery(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return kind, name and configuration of the entities for Home Assistant."""
        identity = self._identity
        common = {
            "availability_topic": f"{self._topic}/availability",
            "device": {"identifiers": [identity], "name": self._topic, "model": self._model},
        }
        utterance = {**common, "state_topic": f"{self._topic}/utterance"}
        entities = {
            ("sensor", "emotion"): {
                **utterance,
                "device_class": "enum",
                "options": [*self._labels, "unsure"],
                "value_template": "{{ value_json.emotion or 'unsure' }}",
                "json_attributes_topic": f"{self._topic}/utterance",
                "icon": "mdi:account-voice",
            },
            ("sensor", "confidence"): {
                **utterance,
                "unit_of_measurement": "%",
                "value_template": "{{ (100 * value_json.confidence) | round }}",
            },
            ("binary_sensor", "microphone"): {
                **common,
                "device_class": "connectivity",
                "entity_category": "diagnostic",
                "state_topic": f"{self._topic}/microphone",
                "payload_on": "on",
                "payload_off": "off",
            },
        }
        return [
            (kind, name, {"name": name, "unique_id": f"{identity}-{name}", **config})
            for (kind, name), config in entities.items()
        ]


def _plain(text: str) -> str:
    """Replace characters that are not allowed in topics and identifiers."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", text)


def _identity(topic: str) -> str:
    """Return hexadecimal digits that stay the same for this machine and ``topic``.

    The machine's own identity is not told to others (machine-id(5)).
    """
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = ""
    machine = machine or f"{uuid.getnode():x}"
    return hmac.new(machine.encode(), f"edge-ser {topic}".encode(), "sha256").hexdigest()
