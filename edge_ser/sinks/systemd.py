"""The systemd sink, which notifies the service manager and its watchdog."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress

from edge_ser.events import Event, StatusEvent


class Systemd:
    """A sink that speaks the sd_notify protocol: lines in a datagram.

    Args:
        address: address of the socket, as in ``NOTIFY_SOCKET``.
        interval: seconds between two watchdog messages; None: send none.
    """

    def __init__(self, address: str, interval: float | None) -> None:
        # a leading @ marks an abstract socket, which is not in the file system
        self._address = address.replace("@", "\0", 1) if address.startswith("@") else address
        self._interval = interval
        self._last = 0.0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    @classmethod
    def from_environment(cls) -> Systemd | None:
        """Create the sink if a service manager started this process, else return None.

        A watchdog message is due every ``WATCHDOG_USEC``; a quarter of that allows for a slow disk.
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
        """Show status events in ``systemctl status``."""
        if isinstance(event, StatusEvent):
            self._send(f"STATUS={event.message}")

    def alive(self) -> None:
        """Send a watchdog message if one is due; call it after audio has been processed."""
        now = time.monotonic()
        if self._interval is not None and now - self._last >= self._interval:
            self._last = now
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        with suppress(OSError):  # a manager that receives no messages restarts the service
            self._socket.sendto(text.encode(), self._address)
