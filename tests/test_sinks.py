"""Events as a person or a program reads them."""

from __future__ import annotations

import io
import json
from dataclasses import replace

from edge_ser.events import EmotionEvent, StatusEvent
from edge_ser.sinks.lines import JsonLines, PlainLines, StatusLines, decision, utterance_line

UTTERANCE = EmotionEvent(
    type="utterance",
    start=1.25,
    end=3.9,
    emotion="angry",
    confidence=0.81,
    probabilities={"angry": 0.81, "happy": 0.11, "neutral": 0.05, "sad": 0.03},
    heard=12.4,
    latency_ms=96.0,
    dropped=0,
    model="cogcn",
    backend="numpy",
)
WINDOW = replace(UTTERANCE, type="window")
LOST = StatusEvent(status="lost", at=4.0, message="the microphone is gone", dropped=320)
LINE = "  1.25 –  3.90 s  angry    81 %  (happy 11 %, neutral 5 %, sad 3 %)"


def test_a_line_ranks_the_emotions() -> None:
    assert utterance_line(UTTERANCE) == LINE
    even = {"angry": 0.1, "happy": 0.2, "neutral": 0.3, "sad": 0.4}
    assert decision("sad", even) == "sad      40 %  (neutral 30 %, happy 20 %, angry 10 %)"
    unsure = decision(None, even)
    assert unsure == "unsure         (sad 40 %, neutral 30 %, happy 20 %, angry 10 %)"
    assert unsure.index("(") == utterance_line(UTTERANCE).index("(") - len("  1.25 –  3.90 s  ")


def test_lines_of_labels_of_ones_own_are_aligned() -> None:
    shares = {"frustrated": 0.7, "ok": 0.3}
    assert decision("frustrated", shares) == "frustrated  70 %  (ok 30 %)"
    assert decision(None, shares) == "unsure            (frustrated 70 %, ok 30 %)"


def test_plain_lines_are_utterances() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as sink:
        sink(WINDOW)
        sink(LOST)
        sink(UTTERANCE)
    assert stream.getvalue() == LINE + "\n"


def test_status_lines_are_what_becomes_of_the_microphone() -> None:
    stream = io.StringIO()
    with StatusLines(stream) as sink:
        sink(UTTERANCE)
        sink(LOST)
    assert stream.getvalue() == "the microphone is gone\n"


def test_json_lines_are_all_events() -> None:
    stream = io.StringIO()
    with JsonLines(stream) as sink:
        for event in (WINDOW, UTTERANCE, LOST):
            sink(event)
            assert json.loads(stream.getvalue().splitlines()[-1]) == event.to_dict()
    assert stream.getvalue().count("\n") == 3
