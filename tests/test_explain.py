"""``edge-ser explain``: the page."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import AudioFile
from edge_ser.cli import explain
from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from edge_ser.events import Utterance
from edge_ser.explanation import page
from edge_ser.explanation.hearing import Waveform, hear
from edge_ser.pictures import timeline
from edge_ser.recognizer import load
from tests.benchmarks.report.browser import Browser, chromium
from tests.command import Done, edge_ser
from tests.virtual import measured

RATE = 16_000


class Text(HTMLParser):
    """The words of a page, and its tags, which must match."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.words = ""
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags[tag] += 1
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.tags[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f" {data}".replace("\N{NO-BREAK SPACE}", " ")


def written(tmp_path: Path, *arguments: object) -> tuple[Done, str]:
    out = tmp_path / "page.html"
    done = edge_ser("explain", *arguments, "--output", out)
    return done, out.read_text(encoding="utf-8") if out.exists() else ""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """The page of the demo clip, and what the command said."""
    folder = tmp_path_factory.mktemp("demo")
    return folder / "page.html", written(folder, DEMO)[0]


def headline(utterance: Utterance) -> str:
    likeliest = max(utterance.probabilities, key=utterance.probabilities.__getitem__)
    answer = f"{likeliest}, {100 * utterance.confidence:.0f} %"
    told = answer if utterance.emotion else f"unsure ({answer})"
    return f"{utterance.start:.1f}–{utterance.end:.1f} s: {told}"


def test_a_page_of_the_demo_clip(demo: tuple[Path, Done]) -> None:
    path, done = demo
    assert (done.returncode, done.stderr) == (0, "")
    found = load().classify(DEMO)
    longest = sorted(found.utterances, key=lambda u: u.start - u.end)[:5]
    assert done.stdout == f"{path}: {timeline.verdict(found)}\n"
    text = path.read_text(encoding="utf-8")
    told = Text(text)
    assert told.tags["svg"] == 1 + 4 * len(longest)
    assert told.tags["title"] > told.tags["svg"] and told.tags["desc"] == told.tags["svg"]
    assert not told.tags["script"] and not told.tags["img"] and not told.tags["image"]
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        root = ET.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert root[0].tag.endswith("title") and root[0].text
        assert root[1].tag.endswith("desc") and root[1].text
    for said in (
        *map(headline, longest),
        "pitch",
        "loudness",
        "What this cannot tell",
        "counted most for",
    ):
        assert said in told.words
    assert str(DEMO.parent) not in text  # no more of the machine than the name
    assert len(text) < 400_000


def test_a_page_of_whisper(tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    signal, rate = soundfile.read(DEMO)
    soundfile.write(clip, signal[: 4 * rate], rate)
    done, text = written(tmp_path, clip, "--model", "cogcn-whisper", "--threshold", 0)
    assert done.returncode == 0
    told = Text(text).words
    assert "which tell neither loudness nor pitch" in told
    assert "Every moment has already heard the whole utterance" in told
    assert "What is measured" not in told


def test_a_page_without_speech(tmp_path: Path) -> None:
    clip = tmp_path / "silence.wav"
    soundfile.write(clip, np.zeros(RATE), RATE)
    done, text = written(tmp_path, clip)
    assert done.returncode == 0 and done.stdout.endswith("no speech was heard\n")
    told = Text(text)
    assert "No speech was heard in these 1.0 s" in told.words
    assert told.tags["svg"] == 1 and "What moved the answer" not in told.words


def test_a_long_recording_stays_small() -> None:
    """As if what was heard had gone on for two hours."""
    recognizer = load("cogcn")
    short = hear(recognizer, AudioFile(DEMO), voice=recognizer.unknown_voice(), most=1)
    times = 420
    outline = [np.tile(part, times) for part in (short.waveform.low, short.waveform.high)]
    long = replace(
        short,
        seconds=times * short.seconds,
        waveform=Waveform(*outline),
        windows=short.windows * times,
    )
    one, other = page.write(short, recognizer), page.write(long, recognizer)
    assert len(other) < len(one) + 60_000
    assert "1:00:00" in other
    assert f"Below are the 1 longest of {len(SENTENCES)} utterances." in other


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    clip = tmp_path / "<script>alert(1)</script> & \x1b.wav".replace("/", "")
    soundfile.write(clip, np.zeros(RATE), RATE)
    done, text = written(tmp_path, clip)
    assert done.returncode == 0
    assert "<script" not in text and "\x1b" not in text
    assert "&lt;script&gt;alert(1)&lt;script&gt; &amp; " in text


def test_the_page_lies_beside_the_recording(tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.zeros(RATE), RATE)
    assert edge_ser("explain", clip).stdout == f"{clip}.html: no speech was heard\n"
    assert (tmp_path / "clip.wav.html").exists()


def test_the_recording_is_not_overwritten(tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    clip.write_bytes(DEMO.read_bytes())
    done = edge_ser("explain", clip, "--output", tmp_path / "." / "clip.wav")
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "is to be read, not overwritten" in done.stderr
    assert clip.read_bytes() == DEMO.read_bytes()


@pytest.mark.parametrize(
    ("output", "says"),
    [("none/page.html", "No such file or directory"), (".", "Is a directory")],
)
def test_what_cannot_be_written_is_said_at_once(output: str, says: str, tmp_path: Path) -> None:
    done = edge_ser("explain", "missing.wav", "--output", tmp_path / output)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("edge-ser: error: cannot write ") and says in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    soundfile.write(clip, np.zeros(RATE), RATE)
    done = edge_ser("explain", clip, "--output", "/dev/full")
    assert done.returncode == 1 and "cannot write /dev/full (No space left" in done.stderr


@pytest.mark.parametrize("content", [b"", b"no audio"])
def test_no_page_of_what_is_no_audio(content: bytes, tmp_path: Path) -> None:
    clip = tmp_path / "clip.wav"
    clip.write_bytes(content)
    before = tmp_path / "page.html"
    before.write_text("an older page")
    done, text = written(tmp_path, clip)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert text == "an older page"


def test_stdin_needs_a_name_for_the_page(tmp_path: Path) -> None:
    done = edge_ser("explain", "-")
    assert done.returncode == 2 and "--output PAGE" in done.stderr


def test_stdin_is_heard(tmp_path: Path) -> None:
    wav = io.BytesIO()
    signal, rate = soundfile.read(DEMO)
    soundfile.write(wav, signal[: 4 * rate], rate, format="WAV")
    out = tmp_path / "page.html"
    command = [sys.executable, "-m", "edge_ser", "explain", "-", "--output", str(out)]
    done = subprocess.run(
        command, input=wav.getvalue(), capture_output=True, env={**os.environ, **measured()}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "What was heard in stdin" in out.read_text(encoding="utf-8")


def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with explain._progress(AudioFile(DEMO)) as (heard, explained):
        heard(8.5)
        heard(17.0)
        explained(0.5)
    shown = terminal.getvalue()
    assert "hearing" in shown and "explaining" in shown and "50%" in shown


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


def test_a_browser_shows_it_and_requests_nothing(browser: Browser, demo: tuple[Path, Done]) -> None:
    path, _ = demo
    shown = browser.open(path)
    assert [address for address in shown.requests if not address.startswith("data:")] == [
        path.as_uri()
    ]
    assert shown.errors == []
    background = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('svg text:not(.soft)')).fill"
    seen = {}
    for scheme in ("light", "dark"):
        browser.look(400, scheme)
        seen[scheme] = browser.evaluate(background), browser.evaluate(ink)
        wide = "document.documentElement.scrollWidth"
        assert browser.evaluate(wide) <= 400
    assert seen["light"] == ("rgb(255, 255, 255)", "rgb(34, 34, 34)")
    assert seen["dark"] == ("rgb(23, 24, 26)", "rgb(230, 230, 230)")
    outside = """[...document.querySelectorAll('svg')].filter(svg => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text, rect, path, circle')].some(mark => {
            const own = mark.getBoundingClientRect();
            return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1 ||
                own.top < box.top - 1 || own.bottom > box.bottom + 1);
        });
    }).map(svg => svg.querySelector('title').textContent)"""
    browser.look(1200, "light")
    assert browser.evaluate(outside) == []
