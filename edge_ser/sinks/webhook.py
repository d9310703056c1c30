"""The sink that posts events to a web server: ``--webhook``."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from edge_ser import __version__
from edge_ser.errors import EdgeSerError
from edge_ser.sinks.background import BackgroundSink

if TYPE_CHECKING:
    from edge_ser.events import Event
    from edge_ser.sinks import Warn

_log = logging.getLogger(__name__)

KEPT = 100
"""Events that wait while the server is away."""
TIMEOUT = 5.0
"""Seconds without an answer after which the server counts as away."""
PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between the first two attempts; the pause doubles up to the second value."""

_LAST = 2.0  # seconds for what still waits at the end
_LATER = {408, 425, 429}  # answers after which the same request may succeed, as after any 5xx


class Webhook(BackgroundSink):
    """A sink that posts every utterance and status as JSON, the oldest first.

    While the server is away the event is sent again, with growing pauses. What the server refuses
    (4xx, or a redirection, which is never followed) is not. Proxies of the environment are not
    used: nothing but the host of ``url`` is spoken to.

    Args:
        url: as :func:`parse` takes it.
        token: sent as ``Authorization: Bearer TOKEN``; empty: none is sent.
        warn: called when the server cannot be used, and when it can again.

    Raises:
        EdgeSerError: ``token`` cannot be part of a header.
    """

    def __init__(self, url: str, token: str, warn: Warn) -> None:
        super().__init__("--webhook", KEPT, _LAST, warn)
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise EdgeSerError("EDGE_SER_WEBHOOK_TOKEN holds what no token does; set it anew")
        self._url, self._host = url, urlsplit(url).hostname
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"edge-ser/{__version__}",
            **({"Authorization": f"Bearer {token}"} if token else {}),
        }
        self._opener = build_opener(ProxyHandler({}), _NoRedirection())
        self._fails = False

    def act(self, event: Event) -> None:
        """Post the event until it has arrived or is refused, or the stream has ended."""
        body, pause = json.dumps(event.to_dict()).encode(), PAUSE
        while True:
            ending = self._ending.is_set()
            failure, again = self._failure(body)
            if not failure:
                self._arrived()
                return
            if not self._fails:
                self._fails = True
                self._warn(f"--webhook: {self._host} {failure}; listening goes on")
            if ending or not again:
                break
            self._ending.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        with self._changed:
            self._left_out += 1

    def _failure(self, body: bytes) -> tuple[str, bool]:
        """Post ``body``; return what went wrong, if anything did, and whether to try again."""
        request = Request(self._url, body, self._headers, method="POST")  # noqa: S310 (see parse)
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                _log.debug("%s answers %d", self._host, answer.status)
        except HTTPError as error:
            with error:
                if 300 <= error.code < 400:
                    return f"redirects to {error.headers.get('Location')}; give that address", False
                again = error.code in _LATER or error.code >= 500
                return f"answers {error.code} {error.reason}", again
        except (OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, ssl.SSLCertVerificationError):
                told = f"has a certificate that is not trusted ({reason.verify_message})"
                return f"{told}; SSL_CERT_FILE names one to trust", True
            return f"cannot be reached ({getattr(reason, 'strerror', None) or reason})", True
        return "", False

    def _arrived(self) -> None:
        if self._fails:
            self._fails = False
            self._warn(
                f"--webhook: {self._host} is back; {self._take_left_out()} events are missing"
            )

    def _tell_left_out(self) -> None:
        if not self._fails or self._ending.is_set():  # else it is told when the server is back
            super()._tell_left_out()


class _NoRedirection(HTTPRedirectHandler):
    """Follow no redirection: it would lose the body, and could give the token to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Return no request, so that the answer counts as an error."""


def parse(url: str) -> str:
    """Return the address of a webhook, checked: ``http://HOST[:PORT][/PATH]``, or ``https://``.

    Raises:
        ValueError: ``url`` is something else, or holds a login.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not http://HOST[:PORT][/PATH] or https://…")
    if parts.username is not None:
        raise ValueError("a login in the address would show in `ps`; use EDGE_SER_WEBHOOK_TOKEN")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError(f"{url!r}: write what is not ASCII, and spaces, as %XX")
    parts.port  # noqa: B018 (raises ValueError where it is no port)
    return url
