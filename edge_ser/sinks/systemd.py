"""The service manager: it is told when listening begins, and that it goes on."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress

from edge_ser.events import Event, StatusEvent


class Systemd:
    """A sink that speaks sd_notify's protocol: lines in a datagram.

    Args:
        address: of the socket, as in ``NOTIFY_SOCKET``.
        interval: seconds between two signs of life; None if none are wanted.
    """

    def __init__(self, address: str, interval: float | None) -> None:
        # a leading @ means a name that is not in the file system
        self._address = address.replace("@", "\0", 1) if address.startswith("@") else address
        self._interval = interval
        self._last = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    @classmethod
    def from_environment(cls) -> Systemd | None:
        """The manager that started this process, if one did.

        A sign of life is due every ``WATCHDOG_USEC``; a fourth of it leaves room for a slow disk.
        """
        address = os.environ.get("NOTIFY_SOCKET")
        if not address:
            return None
        watched = os.environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
        microseconds = os.environ.get("WATCHDOG_USEC") if watched else None
        return cls(address, int(microseconds) / 4e6 if microseconds else None)

    def __enter__(self) -> Systemd:
        self._send("READY=1\nSTATUS=listening")
        return self

    def __exit__(self, *exc: object) -> None:
        self._send("STOPPING=1")
        self._socket.close()

    def __call__(self, event: Event) -> None:
        """Shows what has become of the microphone in ``systemctl status``."""
        if isinstance(event, StatusEvent):
            self._send(f"STATUS={event.message}")

    def alive(self) -> None:
        """Gives a sign of life, if one is due; to be called when audio has been processed."""
        now = time.monotonic()
        if self._interval is not None and now - self._last >= self._interval:
            self._last = now
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        with suppress(OSError):  # a manager that hears nothing starts the service again
            self._socket.sendto(text.encode(), self._address)
