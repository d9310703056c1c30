"""Timelines of classified recordings: SVG, PNG and HTML."""

from __future__ import annotations

import functools
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import resvg_py

from edge_ser.demo import PATH as DEMO
from edge_ser.demo import SENTENCES
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS, Classification, Utterance
from edge_ser.pictures import png, timeline
from edge_ser.pictures.axis import TimeAxis, clock
from edge_ser.pictures.rows import WIDTH, time_axis
from edge_ser.pictures.style import COLOURS, colour_of
from edge_ser.pictures.svg import element, in_file, number, plain
from edge_ser.recognizer import load

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def heard() -> Classification:
    return load("cogcn").classify(DEMO)


def utterance(start: float, end: float, *shares: float, sure: bool = True) -> Utterance:
    probabilities = dict(zip(LABELS, shares, strict=True))
    best = max(LABELS, key=probabilities.__getitem__)
    emotion = best if sure else None
    return Utterance(
        start=start,
        end=end,
        emotion=emotion,
        confidence=probabilities[best],
        probabilities=probabilities,
    )


def whole(*utterances: Utterance) -> Classification:
    first = utterances[0]
    return Classification(
        emotion=first.emotion,
        confidence=first.confidence,
        probabilities=first.probabilities,
        utterances=utterances,
    )


def test_every_utterance_is_where_it_was_heard(heard: Classification) -> None:
    root = ET.fromstring(timeline.draw(heard, 37.0, "demo.flac"))
    axis = time_axis(0.0, 37.0)
    blocks = [r for r in root.iter(f"{SVG}rect") if r.find(f"{SVG}title") is not None]
    assert len(blocks) == len(heard.utterances) == len(SENTENCES)
    for block, u in zip(blocks, heard.utterances, strict=True):
        left, width = float(block.attrib["x"]), float(block.attrib["width"])
        assert left == pytest.approx(axis(u.start), abs=0.6)
        assert left + width == pytest.approx(axis(u.end), abs=0.6)
        tip = block.findtext(f"{SVG}title") or ""
        assert (u.emotion or "unsure") in tip and f"{100 * u.confidence:.0f} %" in tip
    unsure = next(b for b, u in zip(blocks, heard.utterances, strict=True) if not u.emotion)
    assert "dashed" in unsure.attrib["class"]  # told without colour too


def test_the_height_of_a_bar_is_a_probability() -> None:
    found = whole(utterance(0, 1, 0.5, 0.25, 0.2, 0.05))
    root = ET.fromstring(timeline.draw(found, 1.0, "x"))
    bars = [p.attrib["d"] for p in root.iter(f"{SVG}path") if "tint" in p.attrib["class"]]
    heights = [float(d.split("v")[1].split("h")[0]) for d in bars]
    assert heights == pytest.approx([15.0, 7.5, 6.0, 1.5])


def test_it_says_in_words_what_it_shows(heard: Classification) -> None:
    root = ET.fromstring(timeline.draw(heard, 37.0, "demo.flac"))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "What was heard in demo.flac"
    told = [
        f"{u.start:.1f} s to {u.end:.1f} s: "
        + (f"{u.emotion}, {100 * u.confidence:.0f} %" if u.emotion else "unsure")
        for u in heard.utterances
    ]
    assert root.findtext(f"{SVG}desc") == f"{'; '.join(told)}."
    many = whole(*[utterance(i, i + 1, 0.7, 0.1, 0.1, 0.1) for i in range(50)])
    assert timeline.describe(many).endswith("; and 30 more.")
    assert timeline.verdict(many) == "angry, 70 %, over 50 utterances"
    assert timeline.verdict(whole(utterance(0, 1, 0.7, 0.1, 0.1, 0.1))).endswith("in one utterance")
    assert timeline.verdict(whole(utterance(0, 1, 0.3, 0.2, 0.3, 0.2, sure=False))).startswith(
        "unsure"
    )


def test_no_speech_is_told() -> None:
    root = ET.fromstring(timeline.draw(Classification(), 3.0, "silence.wav"))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "no speech was heard" in texts and "3.0 s" in texts
    assert root.findtext(f"{SVG}desc") == "No speech was heard."


@pytest.mark.parametrize("suffix", [".svg", ".SVG"])
def test_svg_stands_alone_light_and_dark(
    suffix: str, heard: Classification, tmp_path: Path
) -> None:
    path = tmp_path / f"timeline{suffix}"
    timeline.save(path, heard, 37.0, "demo.flac")
    text = path.read_text(encoding="utf-8")
    root = ET.fromstring(text)
    style = root.findtext(f"{SVG}style") or ""
    light, _, dark = style.partition("@media(prefers-color-scheme:dark)")
    assert COLOURS["paper"][0] in light and COLOURS["paper"][1] in dark
    assert "var(" not in text and "http" not in text.replace("http://www.w3.org/2000/svg", "")
    used = {name for e in root.iter() for name in e.attrib.get("class", "").split()}
    assert used and all(f".{name}{{" in style for name in used)


def test_html_is_one_page_with_a_table(heard: Classification, tmp_path: Path) -> None:
    path = tmp_path / "timeline.html"
    timeline.save(path, heard, 37.0, "<b>&.flac")
    text = path.read_text(encoding="utf-8")
    assert "<b>" not in text and text.count("&lt;b&gt;&amp;.flac") == 4
    assert "default-src 'none'" in text and "prefers-color-scheme:dark" in text
    for u in heard.utterances:
        shares = "".join(f"<td>{100 * share:.0f}</td>" for share in u.probabilities.values())
        assert f"<td>{u.emotion or 'unsure'}</td>{shares}" in text
    assert "<script" not in text and "url(" not in text


def test_png_is_what_svg_is(heard: Classification, tmp_path: Path) -> None:
    path = tmp_path / "timeline.png"
    timeline.save(path, heard, 37.0, "demo.flac")
    content = path.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    svg = timeline.draw(heard, 37.0, "demo.flac")
    width, height = (int.from_bytes(content[i : i + 4], "big") for i in (16, 20))
    assert (width, height) == (2 * WIDTH, round(2 * float(ET.fromstring(svg).attrib["height"])))
    # words, bars and lines are all to be seen: without any of them it is another picture
    assert png.rasterise(svg) == content
    for tag in ("text", "path", "line", "rect"):
        less = re.sub(rf"<{tag} [^>]*(/>|>.*?</{tag}>)", "", svg)
        assert less != svg and png.rasterise(less) != content, tag


def test_png_needs_a_package_that_is_named(
    heard: Classification, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(EdgeSerError, match="pip install resvg-py"):
        timeline.save(tmp_path / "x.png", heard, 37.0, "x")
    assert not (tmp_path / "x.png").exists()


def test_png_without_a_font_is_refused(
    heard: Classification, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = functools.partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", without)
    with pytest.raises(EdgeSerError, match="fonts-dejavu-core"):
        png.rasterise(timeline.draw(heard, 37.0, "x"))


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.svg.gz"])
def test_other_formats_are_refused(name: str, heard: Classification, tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match=r"no \.html, \.svg or \.png"):
        timeline.save(tmp_path / name, heard, 37.0, "x")


def test_what_cannot_be_written_is_one_line(heard: Classification, tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="cannot write .*No such file") as raised:
        timeline.save(tmp_path / "none" / "x.svg", heard, 37.0, "x")
    assert "\n" not in str(raised.value)


def test_hours_stay_small() -> None:
    shares = (0.7, 0.1, 0.1, 0.1)
    long = whole(*[utterance(4 * i, 4 * i + 3, *shares) for i in range(3000)])
    assert len(timeline.draw(long, 12_000.0, "x")) < 1_500_000
    axis = TimeAxis(0.0, 12_000.0, 0.0, 800.0)
    times = np.linspace(0, 12_000, 100_000)
    values = np.where(times < 6_000, 1.0, np.nan)
    x, y = axis.columns(times, values)
    assert len(x) <= 801
    assert (y[x < 399] == 1.0).all() and np.isnan(y[x > 401]).all()
    assert [label for _, label in axis.ticks()][:3] == ["0:00", "30:00", "1:00:00"]


def test_own_labels_have_colours_of_their_own() -> None:
    own = ("angry", "happy", "neutral", "sad", "bored", "afraid", "calm", "surprised")
    assert len({colour_of(label, own) for label in own}) == 8
    others = tuple("abcdefgh")
    assert len({colour_of(label, others) for label in others}) == 8
    assert colour_of("sad", others) == colour_of("sad", own) == "blue"


@pytest.mark.parametrize(
    ("seconds", "long", "whole", "text"),
    [
        (3.25, False, False, "3.2 s"),
        (12.0, False, True, "12 s"),
        (125.4, True, True, "2:05"),
        (3725.0, True, True, "1:02:05"),
    ],
)
def test_times(seconds: float, long: bool, whole: bool, text: str) -> None:
    assert clock(seconds, long, whole) == text


def test_text_that_xml_cannot_hold() -> None:
    assert plain("a\x00<\udcff\n") == "a�&lt;��"
    assert (number(-0.04), number(2.0), number(1234.56)) == ("0", "2", "1234.6")
    assert element("a", class_="x", stroke_width=2) == '<a class="x" stroke-width="2"/>'
    found = whole(utterance(0, 1, 0.7, 0.1, 0.1, 0.1))
    ET.fromstring(in_file(timeline.draw(found, 1.0, "\x1b[31m\udcff.wav")))
