"""`listen --web`: who is served, what is told, and that the stream waits for nobody."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

import edge_ser as package
from edge_ser.demo import PATH as DEMO
from edge_ser.events import Event, StatusEvent
from edge_ser.sinks.web import feed as feed_module
from edge_ser.sinks.web import server as server_module
from edge_ser.sinks.web.address import Address
from edge_ser.sinks.web.feed import Feed
from tests.command import edge_ser
from tests.web import TOKEN, Served, first, serving

LOST = StatusEvent(status="lost", at=4.0, message="the microphone is gone", dropped=320)


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def served(recognizer: package.Recognizer) -> Iterator[Served]:
    with serving(recognizer) as page:
        yield page


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback"),
    [
        ("127.0.0.1:9000", "127.0.0.1", 9000, True),
        (":9000", "127.0.0.1", 9000, True),
        ("localhost", "localhost", 8765, True),
        ("[::1]:1", "::1", 1, True),
        ("0.0.0.0", "0.0.0.0", 8765, False),  # noqa: S104 - not bound here
        ("[::]", "::", 8765, False),
        ("pi.lan:80", "pi.lan", 80, False),
    ],
)
def test_addresses(text: str, host: str, port: int, loopback: bool) -> None:
    address = Address.parse(text)
    assert (address.host, address.port, address.loopback) == (host, port, loopback)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "a:b", "a/b", "http://a", "u@a", "a?b", "a:70000", "[::1"])
def test_what_is_no_address(text: str) -> None:
    done = edge_ser("listen", "--input", DEMO, "--web", text)
    assert done.returncode == 2
    assert f"{text!r} is not HOST:PORT, like 127.0.0.1:8765" in done.stderr


def test_others_are_let_in_by_token_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listen = ("listen", "--input", DEMO, "--json")
    for address in ("0.0.0.0", "[::]:0", "pi.lan"):  # noqa: S104
        done = edge_ser(*listen, "--web", address)
        assert done.returncode == 2
        assert "others can reach --web" in done.stderr and "--web-token FILE" in done.stderr
    assert edge_ser(*listen, "--web-token", "x").returncode == 2
    file = tmp_path / "token"
    done = edge_ser(*listen, "--web", "0.0.0.0:0", "--web-token", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"cannot read --web-token {file}" in done.stderr
    file.write_text("short\n")
    done = edge_ser(*listen, "--web", "0.0.0.0:0", "--web-token", file)
    assert done.returncode == 1
    assert "fewer than 12 characters; make one: openssl rand -hex 16" in done.stderr
    file.write_text(f"{TOKEN}\n")
    for arguments, variables in ((("--web-token", file), {}), ((), {"EDGE_SER_WEB_TOKEN": TOKEN})):
        with monkeypatch.context() as environment:
            for name, value in variables.items():
                environment.setenv(name, value)
            done = edge_ser(*listen, "--duration", "0.1", "--web", "0.0.0.0:0", *arguments)
        assert done.returncode == 0, done.stderr
        assert "the page is at http://0.0.0.0:" in done.stderr


def test_the_page_may_be_a_default(home: Path) -> None:
    file = home.parent / "config.toml"
    file.parent.mkdir(parents=True)
    listen = ("listen", "--input", DEMO, "--duration", "0.1")
    for value, address in (("true", r"127\.0\.0\.1:8765"), ('":0"', r"127\.0\.0\.1:\d+")):
        file.write_text(f"[listen]\nweb = {value}\n")
        assert re.search(
            f"the page is at http://{address}/|port 8765 is in use", edge_ser(*listen).stderr
        )


def test_a_port_in_use_is_one_line(served: Served) -> None:
    done = edge_ser("listen", "--input", DEMO, "--json", "--web", f":{served.port}")
    assert (done.returncode, done.stdout) == (1, "")
    _, error = done.stderr.splitlines()
    assert error == (
        f"edge-ser: error: port {served.port} is in use already; choose another: "
        f"--web 127.0.0.1:{served.port + 1}"
    )


def test_an_address_of_elsewhere_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SER_WEB_TOKEN", TOKEN)
    for host in ("192.0.2.1", "no-such-host.invalid", "a" * 80):
        done = edge_ser("listen", "--input", DEMO, "--web", host)
        assert done.returncode == 1
        assert f"cannot serve at {host}:8765 (" in done.stderr.splitlines()[-1]


def test_without_the_library_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tornado.web", None)
    done = edge_ser("listen", "--input", DEMO, "--web")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "edge-ser: error: --web needs tornado; install it: pip install tornado, or make listen "
        "EXTRAS=web"
    ]


def test_the_library_is_imported_only_for_the_page() -> None:
    code = f"""if True:
        import sys
        from edge_ser.cli import main
        assert main(["listen", "--input", {str(DEMO)!r}, "--duration", "0.1"]) == 0
        assert not [name for name in sys.modules if name.startswith(("tornado", "asyncio"))]
    """
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_page_opened_late_gets_what_was_heard(served: Served, events: list[Event]) -> None:
    for event in events:
        served.web(event)
    served.web(LOST)
    told = [e.to_dict() for e in (*events, LOST) if e.type != "window"]
    with served.reading() as found:
        hello = first(found, "hello")
        assert hello["events"] == told
        assert hello["labels"] == ["angry", "happy", "neutral", "sad"]
        states = dict(next(found) for _ in range(3))
        assert states["source"] == {"source": "USB PnP Sound Device", "model": "cogcn"}
        assert states["microphone"] == {"state": "lost", "message": "the microphone is gone"}
        emotions = [e["emotion"] for e in told[:-1]]
        summary = states["summary"]
        assert summary["counts"] == {label: emotions.count(label) for label in hello["labels"]}
        assert summary["unsure"] == emotions.count(None)
        assert sum(summary["counts"].values()) + summary["unsure"] == len(emotions) > 1
        assert summary["speech"] == pytest.approx(
            sum(e["end"] - e["start"] for e in told[:-1]), abs=0.1
        )
        assert next(found) == ("level", -23.4)
        # from now on, what `listen --json` prints
        for event in events:
            served.web(event)
        for event in events:
            assert first(found, "event") == event.to_dict()


def test_every_answer_keeps_requests_on_the_page(served: Served) -> None:
    for path in ("/", "/app.js", "/style.css", "/icon.svg", "/login", "/nothing", "/../sink.py"):
        status, headers, _ = served.ask(path)
        assert status in (200, 204, 404)
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/nothing", "/../sink.py", "/%2e%2e/sink.py", "/index.html%00", "//etc/passwd"):
        assert served.ask(path)[0] == 404
    page = Path(server_module.__file__).parent / "page"
    named = {name for name, _ in server_module._FILES.values()}
    assert named == {file.name for file in page.iterdir()}
    text = "".join(file.read_text(encoding="utf-8") for file in page.iterdir())
    assert "//" not in text.replace("// ", "").replace("http://www.w3.org/2000/svg", "")
    assert "innerHTML" not in text and "style=" not in text and "onclick" not in text


@pytest.mark.parametrize("host", ["evil.org", "127.0.0.1.evil.org", "evil.org:8765", "", "[", "@"])
def test_names_of_elsewhere_are_not_served(served: Served, host: str) -> None:
    for method, path in (("GET", "/"), ("GET", "/events"), ("POST", "/enrolment")):
        lines = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        with socket.create_connection(("127.0.0.1", served.port), 5) as connection:
            connection.sendall(f"{lines}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            answer = connection.makefile("rb").readline().decode()
        assert answer.split()[1] in ("400", "403"), answer


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8765", "192.168.1.7", socket.gethostname()],
)
def test_names_of_this_machine_are_served(served: Served, host: str) -> None:
    assert served.ask("/", Host=host)[0] == 200


@pytest.mark.parametrize(
    "origin", ["", "null", "http://evil.org", "http://127.0.0.1", "http://127.0.0.1:1", "file://"]
)
def test_pages_of_elsewhere_may_ask_for_nothing(served: Served, origin: str, home: Path) -> None:
    for method, path in (("POST", "/enrolment"), ("DELETE", "/enrolment"), ("POST", "/login")):
        headers = {"Origin": origin} if origin else {}
        with closing(http.client.HTTPConnection("127.0.0.1", served.port)) as connection:
            connection.request(method, path, json.dumps({"name": "anna", "token": ""}), headers)
            answer = connection.getresponse()
            assert answer.status == 403
            assert "Only the page itself" in answer.read().decode()
    assert served.web._enrolling._enrolment is None


def test_the_token_is_refused_and_accepted(recognizer: package.Recognizer) -> None:
    with serving(recognizer, TOKEN) as page:
        assert page.ask("/")[0] == 200  # it holds nothing that was heard
        cookie = f"edge-ser-{page.port}"
        for kept in ("", f"{cookie}=", f"{cookie}={TOKEN}", f"{cookie}={'0' * 64}"):
            for method, path in (
                ("GET", "/events"),
                ("GET", "/login"),
                ("POST", "/enrolment"),
                ("DELETE", "/enrolment"),
            ):
                assert page.ask(path, method, {"name": "anna"}, Cookie=kept)[0] == 401
        began = time.monotonic()
        assert page.ask("/login", "POST", {"token": TOKEN[:-1]})[0] == 401
        assert time.monotonic() - began > 0.9
        wrong: object
        for wrong in ({}, [], {"token": 5}, "x", None):
            assert page.ask("/login", "POST", wrong)[0] == 400
        status, headers, _ = page.ask("/login", "POST", {"token": TOKEN})
        assert status == 204
        given = headers["Set-Cookie"]
        assert "HttpOnly" in given and "SameSite=Strict" in given and TOKEN not in given
        kept = given.partition(";")[0]
        assert page.ask("/login", Cookie=kept)[0] == 204
        with page.reading(Cookie=kept) as found:
            assert first(found, "hello")["events"] == []
    with serving(recognizer, f"{TOKEN}s") as other:
        again = kept.replace(cookie, f"edge-ser-{other.port}")
        assert other.ask("/events", Cookie=again)[0] == 401


def test_damaged_requests_end_nothing(served: Served) -> None:
    for request in (
        b"\0\n" * 50,
        b"GET\r\n\r\n",
        b"POST /login HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000,
    ):
        with (
            socket.create_connection(("127.0.0.1", served.port), 5) as connection,
            suppress(ConnectionError),  # it may be cut off while it sends
        ):
            connection.sendall(request)
    host = f"127.0.0.1:{served.port}"
    # without the body: a connection that is closed on unread bytes may lose the answer
    too_long = f"POST /enrolment HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
    too_long += "Content-Type: application/json\r\nContent-Length: 5013\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), 5) as connection:
        connection.sendall(too_long.encode())
        assert connection.makefile("rb").readline().split()[1] in (b"400", b"413")
    for name in ("../x", "/x.json", ""):
        assert served.ask("/enrolment", "POST", {"name": name})[0] == 400
    assert served.ask("/", "PUT")[0] == 405
    assert served.ask("/")[0] == 200


def test_pages_that_read_nothing_hold_up_nobody(
    served: Served, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE", 6.0)
    monkeypatch.setattr(server_module, "READERS", 2)
    window = next(e for e in events if e.type == "window")
    for _ in range(4000):  # more than fits into the buffers of a connection
        served.web(replace(window, type="utterance"))
    served.web._sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", served.port))
        deaf.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n".encode())
        slowest = 0.0
        for number in range(10_000):
            began = time.monotonic()
            served.web(replace(window, start=number, end=number + 1))
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 0.2
        with served.reading() as found:
            assert len(first(found, "hello")["events"]) == 4000
            assert served.ask("/events")[0] == 503
            with served.reading(patience=30) as another:  # once the deaf one is given up
                assert first(another, "hello")


def test_the_history_is_bounded(events: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("edge_ser.sinks.web.feed.time.monotonic", lambda: now)
    utterance = next(e for e in events if e.type == "utterance")
    feed = Feed(["angry", "happy", "neutral", "sad"])

    def history() -> int:
        text = feed.since(None)[1].splitlines()[1].removeprefix("data: ")
        return len(json.loads(text)["events"])

    for _ in range(10):
        feed.event(utterance)
    now += 3600 * feed_module.HOURS - 1
    for _ in range(5):
        feed.event(utterance)
    assert history() == 15
    now += 2
    assert history() == 5
    for _ in range(feed_module.KEPT + 7):
        feed.event(utterance)
    assert history() == feed_module.KEPT
    assert len(feed.since(None)[1]) < 2_000_000
    number, _ = feed.since(None)
    assert feed.since(number) == (number, "")
    feed.event(utterance)
    assert feed.since(number)[1].startswith('data: {"type": "utterance"')
    assert feed.since(0)[1].startswith("event: hello")
