"""Where the page is served."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

HOST, PORT = "127.0.0.1", 8765


@dataclass(frozen=True)
class Address:
    """An address to serve at.

    Args:
        host: name or IP address of an interface of this machine.
        port: port number; 0: any that is free.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse ``HOST``, ``HOST:PORT``, ``:PORT``, ``[IPV6]`` or ``[IPV6]:PORT``.

        Raises:
            ValueError: ``text`` is something else.

        Example:
            >>> Address.parse(":9000")
            Address(host='127.0.0.1', port=9000)
        """
        wrong = ValueError(f"{text!r} is not HOST:PORT, like {HOST}:{PORT}")
        try:
            parts = urlsplit(f"//{text}")
            port = parts.port
        except ValueError:
            raise wrong from None
        if not text or parts.path or parts.query or parts.fragment or "@" in text:
            raise wrong
        return cls(parts.hostname or HOST, PORT if port is None else port)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{self}/"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False
