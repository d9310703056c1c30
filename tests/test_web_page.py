"""The page of `listen --web`, in a real browser."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import edge_ser as package
from edge_ser.events import EmotionEvent, StatusEvent
from tests.benchmarks.report.browser import Browser, chromium
from tests.command import COMMAND
from tests.virtual import measured
from tests.web import TOKEN, serving, spoken

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("home")]

CONNECTED = "document.querySelector('#connection').textContent === 'connected'"
ROWS = "document.querySelectorAll('#latest tbody tr').length"
HEADLINE = "document.querySelector('#headline strong').textContent"
RATE = 16_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


@pytest.fixture(scope="module")
def clip(corpora: Path) -> Any:
    """A sentence that somebody says angrily, at 16 kHz."""
    samples, rate = soundfile.read(corpora / "emodb" / "wav" / "03a01Wa.flac", dtype="int16")
    assert rate == RATE
    return samples


@pytest.fixture(scope="module")
def events(recognizer: package.Recognizer, clip: Any) -> list[EmotionEvent]:
    """Windows and the utterance of the sentence."""
    found = list(recognizer.stream(package.AudioSignal(clip, RATE)))
    assert {e.type for e in found} == {"window", "utterance"}
    return [e for e in found if isinstance(e, EmotionEvent)]


class Listening:
    """`edge-ser listen --web`, which hears what is written to its stdin."""

    def __init__(self, port: int) -> None:
        command = ["listen", "--input", "-", "--rate", str(RATE), "--json", "--web", f":{port}"]
        self.process = subprocess.Popen(
            [*COMMAND, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **measured()},
        )
        self._spoken: queue.Queue[Any] = queue.Queue()
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        assert self.process.stderr
        for line in self.process.stderr:
            if found := re.search(rb"the page is at (http://127\.0\.0\.1:(\d+)/)", line):
                self.url, self.port = found[1].decode(), int(found[2])
                threading.Thread(target=self._speak, daemon=True).start()
                return
        raise AssertionError("it has ended")

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def _speak(self) -> None:
        """Delivers what is to be heard, or silence, at the pace of a microphone."""
        assert self.process.stdin
        step, rest = RATE // 20, np.empty(0, np.int16)
        with suppress(OSError):
            while True:
                if len(rest) < step and not self._spoken.empty():
                    rest = np.concatenate([rest, self._spoken.get()])
                samples, rest = rest[:step], rest[step:]
                whole = np.concatenate([samples, np.zeros(step - len(samples), np.int16)])
                self.process.stdin.write(whole.tobytes())
                self.process.stdin.flush()
                time.sleep(step / RATE)

    def hear(self, samples: Any) -> None:
        """Says something."""
        self._spoken.put(samples)


@contextmanager
def listening(port: int = 0) -> Iterator[Listening]:
    program = Listening(port)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.wait()


def bars(browser: Browser) -> dict[str, int]:
    """Per cent of each emotion, as a screen reader tells them."""
    script = """Object.fromEntries([...document.querySelectorAll('#bars [role=meter]')]
        .map((bar) => [bar.ariaLabel, Number(bar.ariaValueNow)]))"""
    return dict(browser.evaluate(script))


def rounded(event: dict[str, Any]) -> dict[str, int]:
    return {label: int(100 * share + 0.5) for label, share in event["probabilities"].items()}


def row(number: int) -> str:
    return f"document.querySelectorAll('#latest tbody tr')[{number}].innerText"


def test_a_real_command_in_a_real_browser(browser: Browser, clip: Any) -> None:
    with listening() as program:
        page = browser.visit(program.url)
        browser.wait(CONNECTED)
        assert browser.evaluate(HEADLINE) == "nobody speaks"
        program.hear(clip)
        shown, details = [], set()
        while not browser.evaluate(ROWS):
            shown.append(bars(browser))
            details.add(browser.evaluate("document.querySelector('#detail').textContent"))
        *windows, said = [program.events.get(timeout=5) for _ in range(program.events.qsize())]
        assert len(windows) >= 2 and said["type"] == "utterance"
        for window in windows:
            assert rounded(window) in shown
        assert any(detail.startswith("hearing 1.") for detail in details)
        told = browser.evaluate(row(0))
        emotion = said["emotion"] or "unsure"
        assert emotion in told and browser.evaluate(HEADLINE) == emotion
        assert bars(browser) == rounded(said)
        announced = browser.evaluate("document.querySelector('#announcement').textContent")
        assert announced.startswith(emotion)
        program.hear(clip)
        browser.wait(f"{ROWS} === 2")

        browser.visit(program.url)  # a page that is opened late
        browser.wait(f"{ROWS} === 2")
        assert browser.evaluate(row(1)) == told
        total = browser.evaluate("document.querySelector('#total').textContent")
        assert "of speech in 2 utterances" in total
        assert browser.evaluate("document.querySelectorAll('#timeline .heard').length") >= 1
        assert {re.sub(r":\d+/.*", "", url) for url in page.requests} == {"http://127.0.0.1"}
        assert page.errors == []

        idle = [socket.create_connection(("127.0.0.1", program.port)) for _ in range(3)]
        idle[0].sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        program.process.send_signal(signal.SIGINT)
        assert program.process.wait(timeout=5) == 0
        assert time.monotonic() - began < 1
        for connection in idle:
            connection.close()
        browser.wait("document.querySelector('#connection').classList.contains('bad')")
        port = program.port
    with listening(port) as program:  # the page comes back by itself
        browser.wait(CONNECTED)
        browser.wait(f"{ROWS} === 0")


def test_silence_unsure_and_the_microphone_are_told_apart(
    browser: Browser, recognizer: package.Recognizer, events: list[EmotionEvent]
) -> None:
    text = f"{HEADLINE} + ': ' + document.querySelector('#detail').textContent"
    badge = "document.querySelector('#microphone').textContent"
    unsure = replace(events[-1], emotion=None)
    with serving(recognizer) as page:
        browser.visit(f"http://localhost:{page.port}/")
        browser.wait(CONNECTED)
        assert browser.evaluate(text) == "nobody speaks: waiting for someone to speak"
        assert browser.evaluate("document.querySelector('#level-number').textContent") == "-23 dB"
        page.web(unsure)
        browser.wait(f"{HEADLINE} === 'unsure'")
        assert browser.evaluate("document.querySelector('#announcement').textContent") == "unsure"
        assert "nobody speaks" in browser.evaluate(text)
        browser.wait("document.querySelector('#timeline [data-look=\"?\"].heard') !== null")
        for state, headline in (
            ("lost", "the microphone is lost"),
            ("silent", "the microphone is silent"),
        ):
            page.web(StatusEvent(status=state, at=4.0, message=f"<b>{state}</b>", dropped=0))  # type: ignore[arg-type]
            browser.wait(f"{HEADLINE} === '{headline}'")
            assert browser.evaluate(text) == f"{headline}: <b>{state}</b>"
            assert browser.evaluate(badge) == f"microphone {state}"
            browser.wait("document.querySelector('#timeline .lost') !== null")
            page.web(StatusEvent(status="back", at=5.0, message="back", dropped=0))
            browser.wait(f"{badge} === 'microphone on'")


def test_the_token_and_a_voice_by_keyboard(
    browser: Browser,
    recognizer: package.Recognizer,
    corpora: Path,
    tmp_path: Path,
    home: Path,
) -> None:
    message = "document.querySelector('#enrolment-message').textContent"
    with serving(recognizer, TOKEN) as page:
        browser.visit(f"http://127.0.0.1:{page.port}/")
        browser.wait("!document.querySelector('#login').hidden")
        assert browser.evaluate("document.querySelector('#page').hidden")
        for token, seen in ((TOKEN[1:], "This is not the token"), (TOKEN, "")):
            browser.wait("document.activeElement.id === 'token'")
            browser.type(token)
            browser.press("Enter")
            if seen:
                browser.wait(f"document.querySelector('#login-message').textContent === '{seen}'")
        browser.wait(CONNECTED)
        browser.visit(f"http://127.0.0.1:{page.port}/")  # it is asked for once
        browser.wait(CONNECTED)
        browser.evaluate("document.querySelector('#name').focus()")
        browser.type("../anna")
        browser.press("Enter")
        assert browser.evaluate("document.querySelector('#reading').hidden")
        browser.evaluate("document.querySelector('#name').select()")
        browser.type("anna")
        browser.press("Enter")
        browser.wait("document.activeElement.id === 'text'")
        assert "the sunlight strikes" in browser.evaluate("document.activeElement.textContent")
        progress = "document.querySelector('#progress').value"
        assert browser.evaluate(progress) == 0
        talk = spoken(corpora, tmp_path / "talk.flac", 48)
        stream = recognizer.stream(talk, observer=page.web.observe)
        for event in stream:
            page.web(event)
            if event.type == "utterance":
                break
        browser.wait(f"{progress} > 0")
        for event in stream:
            page.web(event)
        browser.wait(f"{message} !== ''")
        assert browser.evaluate(message).startswith("anna is learnt: 2")
        assert (home / "anna.json").is_file()
        assert browser.evaluate("document.querySelector('#reading').hidden")


CONTRAST = r"""(() => {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = rgb(getComputedStyle(element).backgroundColor);
      if (colour[3] !== 0) return colour;
    }
  };
  return [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()
      && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const style = getComputedStyle(element);
      const svg = element.namespaceURI.endsWith("svg");
      const [a, b] = [light(rgb(svg ? style.fill : style.color)), light(ground(element))];
      return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), element.outerHTML];
    }).sort((a, b) => a[0] - b[0])[0];
})()"""


def test_a_phone_a_screen_light_and_dark(
    browser: Browser, recognizer: package.Recognizer, events: list[EmotionEvent]
) -> None:
    grounds = set()
    with serving(recognizer) as page:
        for event in (*events, replace(events[-1], emotion=None)):
            page.web(event)
        page.ask("/enrolment", "POST", {"name": "anna"})
        for scheme in ("light", "dark"):
            for width in (320, 360, 800, 1280):
                browser.look(width, scheme)
                seen = browser.visit(f"http://localhost:{page.port}/")
                browser.wait(f"{CONNECTED} && {ROWS} === 2")
                assert browser.evaluate("document.documentElement.scrollWidth") == width
                wide = """[...document.querySelectorAll('main *')]
                    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow
                        === 'visible' && e.clientWidth > 0).map((e) => e.outerHTML)"""
                assert browser.evaluate(wide) == []
                contrast, element = browser.evaluate(CONTRAST)
                assert contrast >= 4.5, (contrast, element)
                assert seen.errors == []
            grounds.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_a_screen_reader_finds_its_way(
    browser: Browser, recognizer: package.Recognizer, events: list[EmotionEvent]
) -> None:
    with serving(recognizer) as page:
        for event in events:
            page.web(event)
        browser.look(1280, "light")
        browser.visit(f"http://localhost:{page.port}/")
        browser.wait(f"{CONNECTED} && {ROWS} === 1")
        named = browser.named()
        for role in (
            "meter",
            "textbox",
            "button",
            "combobox",
            "image",
            "region",
            "heading",
            "columnheader",
        ):
            names = [name for found, name in named if found == role]
            assert names and all(names), (role, names)
        meters = {name for role, name in named if role == "meter"}
        assert meters == {"angry", "happy", "neutral", "sad", "level"}
        headings = [name for role, name in named if role == "heading"]
        assert headings == [
            *("edge-ser", "Now", "This session", "The last hours", "Latest utterances"),
            "Learn a voice",
        ]
        (timeline,) = (name for role, name in named if role == "image")
        emotion = events[-1].emotion or "unsure"
        assert timeline.startswith("the last 15 minutes: ") and f"1 {emotion}" in timeline
        # every control can be reached, and the timeline read, by keyboard
        reached = []
        for _ in range(5):
            browser.press("Tab")
            reached.append(browser.evaluate("document.activeElement.id"))
        assert reached[:3] == ["range", "timeline", "name"]
        browser.evaluate("document.querySelector('#timeline').focus()")
        browser.press("ArrowLeft")
        text = browser.evaluate("document.querySelector('#timeline-text').textContent")
        assert f": {emotion} (" in text
        assert browser.evaluate("document.querySelector('#timeline .chosen') !== null")
