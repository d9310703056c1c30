"""What the server answers: the page's files, the stream of messages, logging in, enrolment."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler

from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_ser.sinks.web.access import Access
    from edge_ser.sinks.web.enrolling import Enrolling
    from edge_ser.sinks.web.feed import Feed

_log = logging.getLogger(__name__)

READERS = 16
"""Most pages that are open at a time."""
_TICK = 0.2  # seconds between two writings to a page
_PATIENCE = 20.0  # seconds until a page that reads nothing is given up
_PENALTY = 1.0  # seconds until a wrong token is refused

_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    **{
        name: (name, f"{kind}; charset=utf-8")
        for kind, names in {
            "text/css": ("style.css",),
            "text/javascript": (
                *("app.js", "connection.js", "enrolment.js", "live.js", "looks.js"),
                *("session.js", "timeline.js"),
            ),
            "image/svg+xml": ("icon.svg",),
        }.items()
        for name in names
    },
}
_HEADERS = {
    # no request leaves the page, and no other page may show it
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Server": "edge-ser",
}


@dataclass(frozen=True)
class Served:
    """What the answers are made of.

    Args:
        access: who may ask.
        feed: what pages are told.
        enrolling: learns voices.
        level: returns the current level in dBFS.
        cookie: name of what browsers keep.
    """

    access: Access
    feed: Feed
    enrolling: Enrolling
    level: Callable[[], float]
    cookie: str
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the stream has ended."""
    readers: set[RequestHandler] = field(default_factory=set)
    """Pages that are open."""


class _Handler(RequestHandler):
    """A request, checked before it is answered."""

    for_everybody = False
    """Whether it needs no token."""

    def initialize(self, served: Served) -> None:
        self.served = served

    def set_default_headers(self) -> None:
        for name, value in _HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        access, host = self.served.access, self.request.headers.get("Host", "")
        if not access.knows(host):
            raise HTTPError(403, reason="Open this page by the address or the name of its machine")
        origin = self.request.headers.get("Origin")
        if self.request.method != "GET" and not access.same_origin(origin, host):
            raise HTTPError(403, reason="Only the page itself may ask for this")
        if not self.for_everybody:
            self.demand_cookie()

    def demand_cookie(self) -> None:
        """Raise an HTTPError unless the browser has been given the cookie, or needs none."""
        if not self.served.access.admits(self.get_cookie(self.served.cookie)):
            raise HTTPError(401, reason="The token is needed")

    def write_error(self, status_code: int, **_: Any) -> None:
        self.finish({"error": self._reason})

    def log_exception(self, *error: Any) -> None:
        if not isinstance(error[1], HTTPError):
            _log.error("the web page fails (%s)", error[1])
            _log.debug("where it happened", exc_info=error)

    def sent(self, key: str) -> str:
        """Return a text of the JSON object that was sent.

        Raises:
            HTTPError: there is none.
        """
        try:
            content = json.loads(self.request.body)
        except (ValueError, RecursionError):
            content = None
        value = content.get(key) if isinstance(content, dict) else None
        if not isinstance(value, str):
            raise HTTPError(400, reason=f"An object with {key} is needed")
        return value


class _File(_Handler):
    """A file of the page, which holds nothing that was heard."""

    for_everybody = True

    def get(self, path: str) -> None:
        if path not in _FILES:
            raise HTTPError(404)
        name, kind = _FILES[path]
        self.set_header("Content-Type", kind)
        self.write((Path(__file__).parent / "page" / name).read_bytes())


class _Login(_Handler):
    """Gives a cookie for the token; tells whether one is needed."""

    for_everybody = True

    def get(self) -> None:
        self.demand_cookie()
        self.set_status(204)

    async def post(self) -> None:
        if not self.served.access.accepts(self.sent("token")):
            await asyncio.sleep(_PENALTY)
            raise HTTPError(401, reason="This is not the token")
        self.set_cookie(
            self.served.cookie,
            self.served.access.cookie,
            expires_days=365,
            httponly=True,
            samesite="Strict",
        )
        self.set_status(204)


class _Stream(_Handler):
    """Server-sent events: first all that was heard, then what is heard."""

    async def get(self) -> None:
        served = self.served
        if len(served.readers) >= READERS:
            raise HTTPError(503, reason=f"{READERS} pages are open already; close one")
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        served.readers.add(self)
        number = None
        try:
            last = False
            while not last:
                last = served.closing.is_set()  # what the stream's end brought is told too
                number, messages = served.feed.since(number)
                self.write(messages + self._level())
                await asyncio.wait_for(self.flush(), _PATIENCE)
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(served.closing.wait(), _TICK)
        except (StreamClosedError, asyncio.TimeoutError):
            assert isinstance(self.request.connection, HTTP1Connection)
            self.request.connection.close()
        finally:
            served.readers.discard(self)

    def _level(self) -> str:
        """Return a message at every tick: the page sees that the connection lives."""
        level = self.served.level()
        value = round(level, 1) if math.isfinite(level) else None
        return f"event: level\ndata: {json.dumps(value)}\n\n"


class _Enrolment(_Handler):
    """Begins and ends the enrolment of a voice."""

    def post(self) -> None:
        try:
            self.served.enrolling.start(self.sent("name").strip())
        except EdgeSerError as error:
            self.set_status(400)
            self.write({"error": str(error)})
        else:
            self.set_status(204)

    def delete(self) -> None:
        self.served.enrolling.cancel()
        self.set_status(204)


def server(served: Served) -> HTTPServer:
    """Create the server; it needs sockets, and the loop that is running."""
    settings = {"served": served}
    application = Application(
        [
            (r"/events", _Stream, settings),
            (r"/login", _Login, settings),
            (r"/enrolment", _Enrolment, settings),
            (r"/(.*)", _File, settings),
        ],
        log_function=_log_request,
    )
    return HTTPServer(
        application,
        idle_connection_timeout=60,
        body_timeout=10,
        max_body_size=4096,
        max_header_size=16_384,
    )


def _log_request(handler: RequestHandler) -> None:
    request = handler.request
    _log.debug(
        "%s %s %s: %d", request.remote_ip, request.method, request.path, handler.get_status()
    )
