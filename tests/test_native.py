"""Native libraries' chatter is silenced; nothing else is."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest

from edge_ser import native


def test_only_what_is_written_within_is_silenced(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before\n")
    with native.quiet():
        os.write(2, b"chatter\n")
        with native.quiet():
            os.write(2, b"more\n")
        os.write(2, b"and more\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "before\nafter\n"


def test_a_call_that_hangs_does_not_keep_stderr(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "LONGEST", 0.2)
    over = threading.Event()

    def hang() -> None:
        with native.quiet():
            over.wait()

    thread = threading.Thread(target=hang)
    thread.start()
    time.sleep(0.5)
    os.write(2, b"heard\n")
    with native.quiet():  # another call meanwhile
        os.write(2, b"chatter\n")
        over.set()
        thread.join()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "heard\nafter\n"


def test_what_python_writes_is_never_silenced(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(2, "w", closefd=False, encoding="utf-8") as stderr, monkeypatch.context() as patch:
        patch.setattr("sys.stderr", stderr)
        native.separate_stderr()
        with native.quiet():
            os.write(2, b"chatter\n")
            print("heard ü", file=sys.stderr)
        sys.stderr.close()
    assert capfd.readouterr().err == "heard ü\n"
