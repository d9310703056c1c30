"""Who may use the page: by the name that it was opened under, by where a request is from, by token.

The name is checked against DNS rebinding: a page of elsewhere whose name is made to point to this
machine still sends its own name in ``Host``. Addresses cannot be rebound, so all of them will do.
"""

from __future__ import annotations

import hmac
import socket
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from edge_ser.errors import EdgeSerError

SHORTEST = 12
"""Characters of a token: whoever can reach the page can try one after the other."""


@dataclass(frozen=True)
class Access:
    """What a request must show.

    Args:
        host: the name that the page is served at.
        token: what everybody has to know; None: nobody has to.

    Raises:
        EdgeSerError: the token is too short.
    """

    host: str
    token: str | None = field(repr=False)

    def __post_init__(self) -> None:
        if self.token is not None and len(self.token) < SHORTEST:
            raise EdgeSerError(
                f"the token of --web-token has fewer than {SHORTEST} characters; make one: "
                "openssl rand -hex 16"
            )

    def knows(self, host: str) -> bool:
        """Return whether a ``Host`` header names this machine.

        Example:
            >>> access = Access("pi.lan", None)
            >>> access.knows("192.168.1.7:8765"), access.knows("pi.lan"), access.knows("evil.org")
            (True, True, False)
        """
        name = _name(host)
        try:
            return bool(ip_address(name))
        except ValueError:
            machine = socket.gethostname().lower()
            label = machine.partition(".")[0]
            return name in {"localhost", self.host.lower(), machine, label, f"{label}.local"}

    @staticmethod
    def same_origin(origin: str | None, host: str) -> bool:
        """Return whether an ``Origin`` header is that of the page at ``host``."""
        scheme, _, place = (origin or "").lower().partition("://")
        return scheme in ("http", "https") and place == host.lower()

    def accepts(self, token: str) -> bool:
        """Return whether the token is right."""
        return self.token is None or hmac.compare_digest(token.encode(), self.token.encode())

    @property
    def cookie(self) -> str:
        """What a browser keeps instead of the token: it is good as long as the token is."""
        return hmac.new((self.token or "").encode(), b"edge-ser page", sha256).hexdigest()

    def admits(self, kept: str | None) -> bool:
        """Return whether a browser may enter with what it kept."""
        return self.token is None or hmac.compare_digest(
            (kept or "").encode(), self.cookie.encode()
        )


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
