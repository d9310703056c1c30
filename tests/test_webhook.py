"""`--webhook URL`, with a real server: it comes, goes, refuses, redirects, never answers."""

from __future__ import annotations

import json
import socket
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

import pytest

from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from edge_ser.sinks import webhook as module
from edge_ser.sinks.webhook import Webhook
from tests.command import edge_ser
from tests.server import Server, certify
from tests.test_execute import soon
from tests.test_sinks import LOST, UTTERANCE, WINDOW

HERE = "--webhook: 127.0.0.1"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.05)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.1)


def starts(server: Server) -> list[float]:
    return [request.event["start"] for request in server.requests]


def test_another_computer_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGE_SER_WEBHOOK_TOKEN", "s3cret\n")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # nothing but the address is asked
    with Server() as server:
        url = f"{server.url}/api?room=kitchen"
        done = edge_ser("listen", "--input", DEMO, "--json", "--webhook", url)
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    heard = [event for event in done.records if event["type"] == "utterance"]
    assert len(heard) == len(SENTENCES)
    assert [request.event for request in server.requests] == heard
    for request in server.requests:
        assert request.path == "/api?room=kitchen"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Authorization"] == "Bearer s3cret"


def test_without_a_token_there_is_no_header() -> None:
    with Server() as server, Webhook(server.url, "", pytest.fail) as sink:
        sink(WINDOW)
        sink(LOST)
        soon(lambda: server.requests)
    (request,) = server.requests
    assert "Authorization" not in request.headers
    assert request.event == json.loads(json.dumps(LOST.to_dict()))


def test_tls_checks_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with Server(certified=certify(tmp_path)) as server:
        with Webhook(server.url, "s3cret", said.append) as sink:
            sink(UTTERANCE)
            soon(lambda: said)
        assert not server.requests
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        with Webhook(server.url, "s3cret", pytest.fail) as sink:
            sink(UTTERANCE)
            soon(lambda: server.requests)
    (request,) = server.requests
    assert request.headers["Authorization"] == "Bearer s3cret"
    refused, left_out = said
    assert refused == (
        f"{HERE} has a certificate that is not trusted (self-signed certificate); "
        "SSL_CERT_FILE names one to trust; listening goes on"
    )
    assert left_out == "--webhook: 1 event was left out"


@pytest.mark.parametrize("code", [500, 503, 429, 408])
def test_what_failed_is_sent_again(code: int) -> None:
    said: list[str] = []
    with Server(deque([code] * 3)) as server, Webhook(server.url, "", said.append) as sink:
        sink(UTTERANCE)
        sink(replace(UTTERANCE, start=2.0))
        soon(lambda: len(server.requests) == 5)
    assert starts(server) == [1.25, 1.25, 1.25, 1.25, 2.0]
    failed, back = said
    assert failed.startswith(f"{HERE} answers {code} ")
    assert back == f"{HERE} is back; 0 events are missing"


@pytest.mark.parametrize("code", [400, 401, 404])
def test_what_is_refused_is_not_sent_again(code: int) -> None:
    said: list[str] = []
    with Server(deque([code] * 2)) as server, Webhook(server.url, "", said.append) as sink:
        for start in (1.0, 2.0, 3.0):
            sink(replace(UTTERANCE, start=start))
        soon(lambda: len(said) == 2)
    assert starts(server) == [1, 2, 3]
    assert f"answers {code}" in said[0]
    assert said[1] == f"{HERE} is back; 2 events are missing"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(code: int) -> None:
    said: list[str] = []
    with (
        Server() as other,
        Server(deque([code]), f"{other.url}/there") as server,
        Webhook(server.url, "s3cret", said.append) as sink,
    ):
        sink(UTTERANCE)
        soon(lambda: said)
    assert not other.requests
    redirected = f"{HERE} redirects to {other.url}/there; give that address; listening goes on"
    assert said == [redirected, "--webhook: 1 event was left out"]


def test_while_the_server_is_away_the_newest_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 3)
    said: list[str] = []
    with Server() as server:
        pass
    with Webhook(server.url, "", said.append) as sink:
        sink(replace(UTTERANCE, start=0.0))
        soon(lambda: said)  # the first is being sent
        began = time.monotonic()
        for start in range(1, 10):
            sink(replace(UTTERANCE, start=float(start)))
        assert time.monotonic() - began < 0.1
        with Server(port=server.port) as server:
            soon(lambda: len(server.requests) == 4)
    assert starts(server) == [0, 7, 8, 9]
    assert said == [
        f"{HERE} cannot be reached (Connection refused); listening goes on",
        f"{HERE} is back; 6 events are missing",
    ]


def test_what_could_not_be_sent_at_the_end_is_told() -> None:
    said: list[str] = []
    with Server() as server:
        pass
    with Webhook(server.url, "", said.append) as sink:
        for _ in range(3):
            sink(UTTERANCE)
    assert "cannot be reached" in said[0]
    assert said[1:] == ["--webhook: 3 events were left out"]


def test_a_server_that_never_answers_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST", 0.3)
    said: list[str] = []
    with socket.socket() as silent:  # it accepts connections, and that is all
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with Webhook(url, "", said.append) as sink:
            sink(UTTERANCE)
            sink(UTTERANCE)
    assert time.monotonic() - began < 1.5
    assert said == ["--webhook: 2 events were left out"]


def test_what_is_no_web_server_is_away() -> None:
    said: list[str] = []
    with socket.socket() as other, Webhook(_address(other), "", said.append) as sink:
        sink(UTTERANCE)
        connection, _ = other.accept()
        connection.sendall(b"220 mail\r\n")
        connection.close()
        soon(lambda: said)
    assert said[0].startswith(f"{HERE} cannot be reached (")


def _address(listener: socket.socket) -> str:
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("ftp://host", "is not http://HOST"),
        ("file:///etc/passwd", "is not http://HOST"),
        ("host/path", "is not http://HOST"),
        ("https://", "is not http://HOST"),
        ("http://me:secret@host", "EDGE_SER_WEBHOOK_TOKEN"),
        ("http://host:high", "Port could not be cast"),
        ("http://host/two words", "as %XX"),
        ("http://host/küche", "as %XX"),
    ],
)
def test_addresses_that_are_none(url: str, complaint: str) -> None:
    done = edge_ser("listen", "--webhook", url)
    assert done.returncode == 2
    assert complaint in done.stderr


@pytest.mark.parametrize("token", ["two words", "two\r\nHeaders: lines", "schlüssel"])
def test_tokens_that_are_none(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SER_WEBHOOK_TOKEN", token)
    done = edge_ser("listen", "--input", DEMO, "--webhook", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "EDGE_SER_WEBHOOK_TOKEN holds" in done.stderr
    assert token not in done.stderr
