"""The sink that serves the page."""

from __future__ import annotations

import asyncio
import errno
import logging
import threading
from typing import TYPE_CHECKING, Protocol

from edge_ser.errors import EdgeSerError, NotInstalledError
from edge_ser.sinks.web.address import Address
from edge_ser.sinks.web.enrolling import Enrolling
from edge_ser.sinks.web.feed import Feed

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from edge_ser.audio import Block
    from edge_ser.events import Event
    from edge_ser.recognizer import Recognizer
    from edge_ser.sinks import Warn
    from edge_ser.sinks.web.access import Access
    from edge_ser.speech.segment import SpeechSegment

_log = logging.getLogger(__name__)

_LAST = 0.3  # seconds for open pages to get the last messages
_END = 1.0  # seconds to wait for the server's thread

logging.getLogger("tornado").addHandler(logging.NullHandler())  # else it writes to stderr


class Heard(Protocol):
    """The source of the stream, as far as the page shows it."""

    level: float
    """Level of the newest audio in dBFS; -inf: digital silence."""

    @property
    def name(self) -> str:
        """Name for people to read."""


class Web:
    """A sink that serves a page with what is heard, from a thread of its own.

    Pages read a :class:`Feed`, each at its own pace, so that none of them can hold up the stream.

    Args:
        address: where to serve.
        access: who may use the page.
        recognizer: the model, whose name the page shows, and which learns voices for it.
        source: of the stream.
        warn: called with the page's address, and if the server fails.

    Raises:
        NotInstalledError: tornado is not installed.
    """

    def __init__(
        self,
        address: Address,
        access: Access,
        recognizer: Recognizer,
        source: Heard,
        warn: Warn,
    ) -> None:
        try:
            import tornado.web  # noqa: F401
        except ImportError:
            raise NotInstalledError(
                "--web needs tornado; install it: pip install tornado, or make listen EXTRAS=web"
            ) from None
        self._address, self._access = address, access
        self._source, self._warn = source, warn
        self._feed = Feed(recognizer.bundle.labels)
        self._model = recognizer.bundle.name
        self._enrolling = Enrolling(recognizer, lambda state: self._feed.state("enrolment", state))
        self._closing: Callable[[], object] = lambda: None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="web page", daemon=True)

    def __enter__(self) -> Web:
        """Start to serve.

        Raises:
            EdgeSerError: the address cannot be used.
        """
        self._feed.state("source", {"source": self._source.name, "model": self._model})
        self._sockets = self._bind()
        port = self._sockets[0].getsockname()[1]
        self._address = Address(self._address.host, port)
        self._thread.start()
        self._started.wait(_END)
        self._warn(f"the page is at {self._address.url}")
        return self

    def __exit__(self, *exc: object) -> None:
        """Tell open pages the last events, and stop serving, within a second."""
        self._closing()
        self._thread.join(_END)

    def __call__(self, event: Event) -> None:
        """Tell the event to the pages that are open, and remember it for others."""
        self._feed.event(event)

    def observe(self, block: Block | None, segments: Sequence[SpeechSegment]) -> None:
        """Hear a block of the stream, if somebody enrols; an :class:`edge_ser.session.Observer`."""
        self._enrolling.observe(block, segments)

    def _bind(self) -> list[socket.socket]:
        from tornado.netutil import bind_sockets

        address = self._address
        try:
            return bind_sockets(address.port, address.host)
        except (OSError, UnicodeError) as error:
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                other = Address(address.host, address.port % 65535 + 1)
                raise EdgeSerError(
                    f"port {address.port} is in use already; choose another: --web {other}"
                ) from error
            reason = error.strerror if isinstance(error, OSError) else error
            raise EdgeSerError(
                f"cannot serve at {address} ({reason}); choose another address for --web"
            ) from error

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream goes on
            _log.debug("where it happened", exc_info=error)
            self._warn(f"warning: the web page has ended ({error}); listening goes on")
        finally:
            self._started.set()

    async def _serve(self) -> None:
        from edge_ser.sinks.web.server import Served, server

        loop = asyncio.get_running_loop()
        cookie = f"edge-ser-{self._address.port}"  # browsers tell hosts apart, not ports
        source = self._source
        served = Served(self._access, self._feed, self._enrolling, lambda: source.level, cookie)
        serving = server(served)
        serving.add_sockets(self._sockets)
        self._closing = lambda: loop.call_soon_threadsafe(served.closing.set)
        self._started.set()
        await served.closing.wait()
        serving.stop()
        deadline = loop.time() + _LAST
        while served.readers and loop.time() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.wait_for(serving.close_all_connections(), _LAST)
