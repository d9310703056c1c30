"""Endpointing on sounds that are speech and sounds that are not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.features import feature_set
from edge_ser.nodes import extract
from edge_ser.speech.endpointer import LONGEST, MARGIN, PAUSE, Endpointer, Endpoints
from edge_ser.speech.segmenter import SpeechSegmenter

FEATURES = feature_set("egemaps-88@500/100")
MINUTE = 60 * 16_000
TIME = np.arange(MINUTE) / 16_000
NOT_SPEECH = {
    "silence": np.zeros(MINUTE),
    "white noise at -50 dBFS": np.random.default_rng(0).normal(size=MINUTE) * 10 ** (-50 / 20),
    "hum of 100 Hz at -20 dBFS": 0.14 * np.sin(2 * np.pi * 100 * TIME),
    "hum with overtones": 0.3
    * np.sum([np.sin(2 * np.pi * 100 * k * TIME) / k for k in (1, 2, 3, 5)], axis=0),
}


@pytest.fixture(scope="module")
def segmenter() -> Iterator[SpeechSegmenter]:
    with SpeechSegmenter(FEATURES) as made:
        yield made


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_a_minute_of_no_speech_gives_nothing(name: str) -> None:
    blocks = AudioSignal(NOT_SPEECH[name].clip(-1, 1), 16_000)
    with SpeechSegmenter(FEATURES, hop=0.5) as segmenter, blocks:
        segments = [s for block in blocks for s in segmenter.push(block.samples)]
        segments += segmenter.finish()
    assert segments == []


def clips(corpora: Path, count: int) -> list[Path]:
    """``count`` clips of each corpus, drawn with a fixed seed."""
    chosen = []
    for pattern in ("ravdess/*/*.flac", "emodb/wav/*.flac", "nemo/samples/*.flac"):
        chosen += random.Random(0).sample(sorted(corpora.glob(pattern)), count)
    return chosen


def test_speech_is_found(segmenter: SpeechSegmenter, corpora: Path) -> None:
    """On a sample here; benchmarks count it over every clip."""
    chosen = clips(corpora, 20)
    found = 0
    for path in chosen:
        with AudioFile(path) as blocks:
            found += bool(extract(blocks, segmenter).utterances)
    assert found >= 0.95 * len(chosen)


def test_bounds_hold_the_speech(segmenter: SpeechSegmenter, corpora: Path) -> None:
    speech = soundfile.read(clips(corpora, 1)[1], dtype="int16")[0]  # EmoDB: tightly cut
    silence = np.zeros(32_000, np.int16)
    with AudioSignal(np.concatenate([silence, speech, silence]), 16_000) as blocks:
        nodes = extract(blocks, segmenter)
    start, end = nodes.utterances[0][0], nodes.utterances[-1][1]
    assert 1.8 <= start <= 2.3
    assert abs(end - (2 + len(speech) / 16_000)) < 0.5
    assert sum(nodes.counts) == len(nodes.values)


def test_two_phrases_are_two_utterances(segmenter: SpeechSegmenter, corpora: Path) -> None:
    phrase = soundfile.read(corpora / "emodb/wav/03a01Wa.flac", dtype="int16")[0]
    pause = np.zeros(16_000, np.int16)
    with AudioSignal(np.concatenate([phrase, pause, phrase]), 16_000) as blocks:
        assert len(extract(blocks, segmenter).utterances) == 2


def test_nothing_begins_in_what_was_lost(segmenter: SpeechSegmenter, corpora: Path) -> None:
    speech = soundfile.read(corpora / "emodb/wav/03a01Wa.flac", dtype="int16")[0]
    voiced = speech[4_000:]  # from the middle of a word
    segmenter.restart(0.0)
    segmenter.push(voiced)
    segmenter.restart(100.0)
    found = [*segmenter.push(voiced), *segmenter.finish()]
    assert found
    assert found[0].start == 100.0


def tone(endpointer: Endpointer, seconds: float, voiced: bool = True) -> list[Endpoints]:
    rng = np.random.default_rng(0)
    frames = round(seconds * 100)
    bounds = [
        endpointer.push(1.0 + (i % 20 == 0) * -0.99, 30 + rng.normal() if voiced else 0.0)
        for i in range(frames)
    ]
    return [b for b in bounds if b]


def test_a_pause_closes() -> None:
    endpointer = Endpointer()
    assert tone(endpointer, 1.0, voiced=False) == []
    assert tone(endpointer, 2.0) == []
    assert endpointer.start == pytest.approx(1.0 - MARGIN, abs=0.02)
    (bounds,) = tone(endpointer, PAUSE + 0.05, voiced=False)
    assert bounds.start == pytest.approx(1.0 - MARGIN, abs=0.02)
    assert bounds.end == pytest.approx(3.0 + MARGIN, abs=0.02)
    assert endpointer.start is None
    assert endpointer.pausing


def test_long_speech_is_closed() -> None:
    bounds = tone(Endpointer(), 65.0)
    assert len(bounds) == 2
    assert all(b.end - b.start <= LONGEST + MARGIN for b in bounds)
    assert bounds[1].start == bounds[0].end  # nothing is heard twice


def test_one_note_is_no_speech() -> None:
    endpointer = Endpointer()
    for _ in range(300):
        assert endpointer.push(1.0, 30.0) is None
        assert endpointer.start is None
    assert endpointer.close() is None
