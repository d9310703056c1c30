"""A page of `listen --web` that is served, and what asks for it; a voice that enrols."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import edge_ser as package
from edge_ser.sinks.web.access import Access
from edge_ser.sinks.web.address import Address
from edge_ser.sinks.web.sink import Web

TOKEN = "correct horse battery"


@dataclass
class Microphone:
    """What the sink sees of a source."""

    name: str = "USB PnP Sound Device"
    level: float = -23.4


@dataclass
class Served:
    """A page that is served, and its port."""

    web: Web
    port: int

    def ask(
        self, path: str, method: str = "GET", body: object = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Status, headers and text of an answer; a POST is from the page unless told otherwise."""
        given = {"Origin": f"http://127.0.0.1:{self.port}"} if method != "GET" else {}
        given |= {name: value for name, value in headers.items() if value}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {**given})
            answer = connection.getresponse()
            assert not answer.chunked, "this is a stream, which does not end"
            return answer.status, answer.headers, answer.read().decode()

    @contextmanager
    def reading(self, patience: float = 0.0, **headers: str) -> Iterator[Iterator[tuple[str, Any]]]:
        """The messages of the stream, as (kind, data); waits ``patience`` seconds for a place."""
        deadline = time.monotonic() + patience
        while True:
            with closing(
                http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            ) as connection:
                connection.request("GET", "/events", headers=headers)
                answer = connection.getresponse()
                if answer.status == 503 and time.monotonic() < deadline:
                    time.sleep(0.1)
                    continue
                assert answer.status == 200, answer.read()
                yield messages(answer)
                return


def messages(answer: http.client.HTTPResponse) -> Iterator[tuple[str, Any]]:
    kind = "event"
    while line := answer.readline().decode():
        name, _, value = line.strip().partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
            kind = "event"


def first(found: Iterator[tuple[str, Any]], kind: str) -> Any:
    return next(data for name, data in found if name == kind)


@contextmanager
def serving(recognizer: package.Recognizer, token: str | None = None) -> Iterator[Served]:
    told: list[str] = []
    with Web(
        Address("127.0.0.1", 0), Access("127.0.0.1", token), recognizer, Microphone(), told.append
    ) as web:
        (line,) = told
        yield Served(web, int(line.rpartition(":")[2].strip("/")))
    assert told == [line]


def spoken(corpora: Path, file: Path, seconds: float) -> Path:
    """Writes a recording of one actor who speaks calmly for so long."""
    pieces: list[Any] = []
    rate = 0
    for clip in sorted(corpora.glob("ravdess/Actor_03/03-01-0[12]-*.flac")):
        signal, rate = soundfile.read(clip, dtype="int16")
        signal = signal if signal.ndim == 1 else signal[:, 0]
        pieces += [signal, np.zeros(rate, np.int16)]
        if sum(map(len, pieces)) > seconds * rate:
            break
    soundfile.write(file, np.concatenate(pieces), rate)
    return file
