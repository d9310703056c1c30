"""Where to publish, and as whom."""

from __future__ import annotations

import hmac
import re
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

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
        host = plain(socket.gethostname())  # many are called raspberrypi
        topic = parts.path.strip("/") or f"edge-ser/{host}-{identity('')[:6]}"
        if set("+#?") & set(url):
            raise ValueError(f"{url!r}: a topic cannot contain + # or ?")
        return cls(
            parts.hostname, parts.port or _PORTS[parts.scheme], parts.scheme == "mqtts", topic
        )


def plain(text: str) -> str:
    """Replace characters that are not allowed in topics and identifiers."""
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", text)


def identity(topic: str) -> str:
    """Return hexadecimal digits that stay the same for this machine and ``topic``.

    The machine's own identity is not told to others (machine-id(5)).
    """
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        machine = ""
    machine = machine or f"{uuid.getnode():x}"
    return hmac.new(machine.encode(), f"edge-ser {topic}".encode(), "sha256").hexdigest()
