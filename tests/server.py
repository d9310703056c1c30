"""A web server of our own, which keeps what is posted to it."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


def certify(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of this machine, and its key, which no system trusts."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    request += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    request += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(request, check=True, capture_output=True)
    return certificate, key


@dataclass
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    event: Any


@dataclass
class Server:
    """A server on a free port of this machine, or on ``port``.

    ``answers``: status codes of the next requests; then 200. 3xx lead to ``elsewhere``.
    ``certified``: certificate and key; with them it speaks TLS.
    """

    answers: deque[int] = field(default_factory=deque)
    elsewhere: str = ""
    port: int = 0
    certified: tuple[Path, Path] | None = None
    requests: list[Posted] = field(default_factory=list)

    def __enter__(self) -> Server:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append(Posted(self.path, dict(self.headers), json.loads(body)))
                code = outer.answers.popleft() if outer.answers else 200
                self.send_response(code)
                if 300 <= code < 400:
                    self.send_header("Location", outer.elsewhere)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.certified:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certified)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"{'https' if self.certified else 'http'}://127.0.0.1:{self.port}"
