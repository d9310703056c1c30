"""The connection to a broker, which may go and come back at any time."""

from __future__ import annotations

import json
import logging
import math
import queue
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from edge_ser.errors import EdgeSerError, NotInstalledError
from edge_ser.events import Event, StatusEvent
from edge_ser.sinks.mqtt import discovery
from edge_ser.sinks.mqtt.address import Broker, identity, plain
from edge_ser.sinks.mqtt.state import Mood, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge_ser.sinks import Warn

_log = logging.getLogger(__name__)

KEPT = 1000
"""Utterances queued while the broker is away; beyond that the oldest are dropped and counted."""

_LAST = 0.5  # seconds to wait for the broker at the end of the stream


class Mqtt:
    """A sink that publishes utterances, states and the program's availability.

    ``TOPIC/utterance``: the object of the JSON lines with its ``time`` and the number of utterances
    ``missed`` because the broker was away; QoS 1. ``TOPIC/mood``: see :class:`Mood`; only while
    there is a connection. Retained: ``TOPIC/state``, see :class:`State`; ``TOPIC/microphone``:
    ``on`` or ``off``; ``TOPIC/availability``: ``online``, or ``offline``, which is also the last
    will. Home Assistant discovers them under ``homeassistant/``, by an identity of the machine and
    the topic. The stream goes on whatever the broker does.

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
        self._microphone, self._state, self._mood = "on", State(), Mood()
        self._changed = threading.Condition()
        self._acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._connected = threading.Event()
        self._told_away = False
        self._ended = False
        self._identity = f"{plain(self._topic)}-{identity(self._topic)[:8]}"
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=f"edge-ser-{identity(self._topic)[:12]}"
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
        for work in (self._publish, self._fall_idle):
            threading.Thread(target=work, name="MQTT", daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Wait up to half a second for queued utterances, publish ``offline`` and disconnect."""
        deadline = time.monotonic() + _LAST
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not (self._waiting or self._sending), _LAST)
        if self._connected.is_set():
            self._retain("state", "idle")
            offline = self._client.publish(f"{self._topic}/availability", "offline", 1, retain=True)
            offline.wait_for_publish(max(0.1, deadline - time.monotonic()))
            self._client.disconnect()
            self._client.loop_stop()

    def __call__(self, event: Event) -> None:
        """Publish what is new because of the event; never wait for the broker."""
        with self._changed:
            now = time.monotonic()
            if self._state.hear(event, now):
                self._renew("state", self._state.value)
                self._changed.notify_all()
            if isinstance(event, StatusEvent):
                if event.status != "error":
                    self._microphone = "on" if event.status == "back" else "off"
                self._renew("microphone", self._microphone)
            elif event.type == "utterance":
                mood = json.dumps(self._mood.hear(event, now))
                if self._connected.is_set():
                    self._client.publish(f"{self._topic}/mood", mood)
                self._waiting.append(json.dumps(event.to_dict()))
                if len(self._waiting) > KEPT:
                    self._waiting.popleft()
                    self._missed += 1
                self._changed.notify_all()

    def _fall_idle(self) -> None:
        """Publish that nobody speaks any more, in time; runs in its own thread."""
        with self._changed:
            while not self._ended:
                if self._state.pass_time(time.monotonic()):
                    self._renew("state", self._state.value)
                left = self._state.until - time.monotonic()
                self._changed.wait(None if left == math.inf else left)

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
        found = discovery.messages(self._topic, self._identity, self._labels, self._model)
        for place, config in found.items():
            self._client.publish(place, json.dumps(config), 1, retain=True)
        with self._changed:  # or a status that changes right now would not be published
            self._retain("state", self._state.value)
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

    def _renew(self, name: str, value: str) -> None:
        # not queued while the broker is away: only the newest matters, and it is retained
        if self._connected.is_set():
            self._retain(name, value)

    def _retain(self, name: str, value: str) -> None:
        # QoS 0: each connection starts with the newest state; with QoS 1 an older state that was
        # not acknowledged would be sent again after it
        self._client.publish(f"{self._topic}/{name}", value, qos=0, retain=True)
