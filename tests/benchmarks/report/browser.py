"""Headless Chromium, driven by the DevTools protocol over a pipe."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_PATIENCE = 60.0  # seconds, for a browser that starts on a busy machine
_SILENCE = 1.0
"""Seconds without a request after which a page counts as loaded."""
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS = (
    "--headless",
    "--no-sandbox",  # not available to root, as in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


@dataclass
class Page:
    """Requests and errors of a page while it was loaded.

    Args:
        requests: addresses requested, first its own.
        errors: exceptions, and output to the console or the browser's log.
    """

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Browser:
    """A running Chromium with one empty tab."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._pending = b""
        self._number = 0
        self.page = Page()
        targets = self._ask("Target.getTargets")["targetInfos"]
        tab = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self._ask("Target.attachToTarget", targetId=tab, flatten=True)
        self._session: str | None = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def open(self, file: Path) -> Page:
        """Load a page and wait until it sends no more requests."""
        self.visit(file.as_uri())
        self._until(None, _SILENCE)
        return self.page

    def visit(self, url: str) -> Page:
        """Load a page that may go on with its requests, which are added while it is looked at."""
        self.page = Page()
        self._ask("Page.navigate", url=url)
        self._until("Page.loadEventFired")
        return self.page

    def evaluate(self, expression: str) -> Any:
        """Evaluate a JavaScript expression in the open page; None stands for undefined, too."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer["result"].get("value")

    def wait(self, expression: str, patience: float = _PATIENCE) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + patience
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press and release a key, named as in JavaScript."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if (kind, key) == ("keyDown", "Enter") else {}
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, **text)

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        self._ask("Input.insertText", text=text)

    def named(self) -> list[tuple[str, str]]:
        """List role and name of everything that a screen reader tells."""
        nodes = self._ask("Accessibility.getFullAXTree")["nodes"]
        told = [node for node in nodes if not node["ignored"]]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", "").strip()) for node in told
        ]

    def look(self, width: int, scheme: str, medium: str = "screen") -> None:
        """Show the page ``width`` CSS pixels wide, light or dark, on screen or in print."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        preference = [{"name": "prefers-color-scheme", "value": scheme}]
        self._ask("Emulation.setEmulatedMedia", media=medium, features=preference)

    def screenshot(self, file: Path) -> None:
        """Save the whole page as PNG."""
        answer = self._ask("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(answer["data"]))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", None):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        answer = self._until(self._number)
        assert answer is not None and "error" not in answer, answer
        return answer["result"]

    def _until(self, what: int | str | None, patience: float = _PATIENCE) -> dict[str, Any] | None:
        """Read up to an answer or event; for None, until ``patience`` seconds pass without one."""
        while True:
            message = self._next(patience)
            if message is None:
                assert what is None, f"the browser does not answer: {what}"
                return None
            self._note(message)
            if what is not None and what in (message.get("id"), message.get("method")):
                return message

    def _next(self, patience: float) -> dict[str, Any] | None:
        end = time.monotonic() + patience
        while b"\0" not in self._pending:
            if time.monotonic() > end:
                return None
            try:
                self._pending += os.read(self._read, 1 << 20)
            except BlockingIOError:
                time.sleep(0.02)
        raw, self._pending = self._pending.split(b"\0", 1)
        message: dict[str, Any] = json.loads(raw)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        told = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                # Chromium's first tab may still be loading its own resources
                if not told["documentURL"].startswith("chrome:"):
                    self.page.requests.append(told["request"]["url"])
            case "Runtime.exceptionThrown":
                self.page.errors.append(told["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled":
                self.page.errors.append(f"console.{told['type']}")
            case "Log.entryAdded":
                self.page.errors.append(told["entry"]["text"])


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start a browser; if none is installed, skip the test, or fail if ``CI`` is true."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        reason = "Chromium is missing (the package chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    os.set_blocking(ours_in, False)
    # the protocol uses file descriptors 3 and 4
    script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    with (profile.parent / f"{profile.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "bash",
                "-c",
                script,
                "bash",
                program,
                *_OPTIONS,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(theirs_in, theirs_out),
            stdout=log,
            stderr=log,
        )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(ours_out, ours_in)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(ours_out)
        os.close(ours_in)
