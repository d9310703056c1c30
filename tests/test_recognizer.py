"""One answer, however the audio arrives and whichever runtime computes."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

import edge_ser
from edge_ser.audio import AudioFile, AudioSignal, Block, Source
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError
from edge_ser.events import Classification, EmotionEvent, StatusEvent
from edge_ser.voice import VoiceStatistics


def clips(corpora: Path, count: int) -> list[Path]:
    """``count`` clips over the three corpora, drawn with a fixed seed."""
    patterns = ("ravdess/*/*.flac", "emodb/wav/*.flac", "nemo/samples/*.flac")
    rng = random.Random(1)
    found = [sorted(corpora.glob(pattern)) for pattern in patterns]
    return [rng.choice(found[i % 3]) for i in range(count)]


@pytest.fixture(scope="module")
def classified(recognizer: edge_ser.Recognizer, corpora: Path) -> dict[Path, Classification]:
    """What NumPy says of thirty clips."""
    return {path: recognizer.classify_source(AudioFile(path)) for path in clips(corpora, 30)}


def key(event: EmotionEvent | edge_ser.Utterance) -> list[float]:
    return [event.start, event.end, *event.probabilities.values()]


def emotions(
    recognizer: edge_ser.Recognizer, source: Source, hop: float = 0.5, adapt: bool = True
) -> list[EmotionEvent]:
    events = recognizer.stream(source, hop, adapt=adapt)
    return [e for e in events if isinstance(e, EmotionEvent)]


def utterances(recognizer: edge_ser.Recognizer, source: Source) -> list[list[float]]:
    return [key(e) for e in emotions(recognizer, source) if e.type == "utterance"]


def test_listen_and_classify_agree(
    recognizer: edge_ser.Recognizer, classified: dict[Path, Classification]
) -> None:
    spoken = 0
    for path in list(classified)[::4]:
        listened = utterances(recognizer, AudioFile(path))
        by_file = [key(u) for u in classified[path].utterances]
        signal, rate = soundfile.read(path)
        by_array = [key(u) for u in recognizer.classify(signal, rate).utterances]
        assert len(listened) == len(by_file) == len(by_array)
        if listened:
            np.testing.assert_allclose(listened, by_file, atol=1e-6)
            np.testing.assert_allclose(by_array, by_file, atol=1e-6)
        spoken += bool(listened)
    assert spoken >= 7


def test_real_time_changes_nothing(recognizer: edge_ser.Recognizer, corpora: Path) -> None:
    path = min(clips(corpora, 20), key=lambda p: soundfile.info(p).duration)
    unpaced = emotions(recognizer, AudioFile(path))
    paced = emotions(recognizer, AudioFile(path, realtime=True))
    assert [e.type for e in paced] == [e.type for e in unpaced]
    assert unpaced
    np.testing.assert_allclose([key(e) for e in paced], [key(e) for e in unpaced], atol=1e-6)
    # the pause that ends it has to be waited for, and little else
    assert all(0 <= e.latency_ms < 2000 for e in paced)


@pytest.mark.parametrize("chunk", [77, 1600, 16_000])
def test_block_sizes_change_nothing(
    recognizer: edge_ser.Recognizer, corpora: Path, chunk: int
) -> None:
    signal = soundfile.read(clips(corpora, 2)[1], dtype="int16")[0]

    class Chunks(AudioSignal):
        def __iter__(self) -> Iterator[Block]:
            for begin in range(0, len(signal), chunk):
                yield Block(signal[begin : begin + chunk], 0.0, 0)

    expected = utterances(recognizer, AudioSignal(signal, 16_000))
    assert expected
    np.testing.assert_allclose(utterances(recognizer, Chunks(signal, 16_000)), expected, atol=1e-6)


@pytest.mark.parametrize("backend", ["onnx", "tflite"])
def test_backends_agree(backend: str, classified: dict[Path, Classification]) -> None:
    other = edge_ser.load("cogcn", backend)
    same = 0
    for path, a in classified.items():
        b = other.classify_source(AudioFile(path))
        assert a.probabilities and b.probabilities
        difference = [a.probabilities[k] - b.probabilities[k] for k in a.probabilities]
        assert np.abs(difference).max() <= 1e-5
        same += a.emotion == b.emotion
    assert same >= 0.99 * len(classified) > 29


def test_events_are_whole(recognizer: edge_ser.Recognizer) -> None:
    events = emotions(recognizer, AudioFile(DEMO), hop=0.25)
    kinds = [e.type for e in events]
    assert kinds.count("window") > kinds.count("utterance") >= 3
    last = 0.0
    for event in events:
        assert 0 <= event.start < event.end
        assert event.end >= last or event.type == "window"
        assert math.isclose(sum(event.probabilities.values()), 1.0, abs_tol=1e-6)
        assert event.confidence == max(event.probabilities.values())
        sure = event.confidence >= recognizer.bundle.threshold
        best = max(event.probabilities, key=event.probabilities.__getitem__)
        assert event.emotion == (best if sure else None)
        assert event.dropped == 0
        last = event.end if event.type == "utterance" else last


def test_a_window_event_averages_three(recognizer: edge_ser.Recognizer) -> None:
    seen: list[np.ndarray] = []
    original = recognizer.probabilities

    def remember(values: np.ndarray, voice: VoiceStatistics | None = None) -> np.ndarray:
        seen.append(original(values, voice))
        return seen[-1]

    recognizer.probabilities = remember  # type: ignore[method-assign]
    try:
        events = emotions(recognizer, AudioFile(DEMO), hop=0.25)
    finally:
        del recognizer.probabilities
    run: list[np.ndarray] = []
    checked = 0
    for event, scores in zip(events, seen, strict=True):
        if event.type == "utterance":
            run.clear()
            continue
        run.append(scores)
        expected = np.mean(run[-3:], axis=0)
        np.testing.assert_allclose(list(event.probabilities.values()), expected)
        checked += len(run) >= 3
    assert checked > 5


def test_the_file_is_the_weighted_mean_of_its_utterances(recognizer: edge_ser.Recognizer) -> None:
    result = recognizer.classify_source(AudioFile(DEMO))
    weights = [u.end - u.start for u in result.utterances]
    expected = np.average(
        [list(u.probabilities.values()) for u in result.utterances], axis=0, weights=weights
    )
    assert result.probabilities is not None
    np.testing.assert_allclose(list(result.probabilities.values()), expected, atol=1e-4)


def test_abstention(recognizer: edge_ser.Recognizer) -> None:
    result = recognizer.classify_source(AudioFile(DEMO), threshold=1.0)
    assert result.emotion is None
    assert result.confidence is not None
    assert all(u.emotion is None for u in result.utterances)


def test_no_speech_is_no_error(recognizer: edge_ser.Recognizer) -> None:
    result = recognizer.classify(np.zeros(16_000), 16_000)
    assert result.to_dict() == {
        "emotion": None,
        "confidence": None,
        "probabilities": None,
        "utterances": [],
    }


def test_lost_audio_counts_in_time_and_splits(recognizer: edge_ser.Recognizer) -> None:
    signal = soundfile.read(DEMO, dtype="int16")[0]

    class Gap(AudioSignal):
        def __iter__(self) -> Iterator[Block]:
            yield Block(signal, 0.0, 0)
            yield Block(signal, 0.0, 32_000)

    heard = emotions(recognizer, Gap(signal, 16_000), adapt=False)
    events = [e for e in heard if e.type == "utterance"]
    half = len(events) // 2
    assert len(events) == 2 * half > 0
    assert [e.dropped for e in events] == [0] * half + [32_000] * half
    shift = (len(signal) + 32_000) / 16_000
    for before, after in zip(events[:half], events[half:], strict=True):
        np.testing.assert_allclose(after.start - before.start, shift, atol=2e-3)
        assert after.probabilities == pytest.approx(before.probabilities, abs=1e-6)


def test_wrong_input_says_what_is_wrong(recognizer: edge_ser.Recognizer) -> None:
    for signal, rate in (
        (np.array([]), 16_000),
        (np.full(16_000, np.nan), 16_000),
        (np.zeros(16_000), 100),
    ):
        with pytest.raises(EdgeSerError):
            recognizer.classify(signal, rate)


@pytest.mark.parametrize("hop", [0.0, -1.0, np.nan, np.inf])
def test_hops_that_are_none(recognizer: edge_ser.Recognizer, hop: float) -> None:
    with pytest.raises(EdgeSerError, match="a hop of .* s is impossible; give a number above 0"):
        recognizer.stream(edge_ser.AudioFile(DEMO), hop)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, np.nan, 80])
def test_thresholds_that_are_none(recognizer: edge_ser.Recognizer, threshold: float) -> None:
    with pytest.raises(EdgeSerError, match="is impossible; give one from 0 to 1"):
        recognizer.stream(edge_ser.AudioFile(DEMO), threshold=threshold)
    with pytest.raises(EdgeSerError, match="is impossible; give one from 0 to 1"):
        recognizer.classify(np.zeros(16_000), 16_000, threshold)


@pytest.mark.parametrize("backend", ["numpy", "onnx", "tflite"])
def test_threads_share_a_recogniser(backend: str) -> None:
    shared = edge_ser.load("cogcn", backend)
    samples, rate = soundfile.read(DEMO, stop=8 * 16_000)
    alone = shared.classify(samples, rate)
    assert len(alone.utterances) > 1
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: shared.classify(samples, rate), range(4))
    assert list(found) == [alone] * 4


@pytest.mark.parametrize(("ending", "code"), [("", 0), ("raise SystemExit(7)", 7), ("1 / 0", 1)])
def test_an_unfinished_stream_does_not_hold_up_the_end(ending: str, code: int) -> None:
    program = f"""
import edge_ser
from edge_ser.demo import PATH
stream = edge_ser.load("cogcn").stream(edge_ser.AudioFile(PATH))
next(stream)
{ending}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30)
    assert done.returncode == code


def test_another_opensmile_is_told(caplog: pytest.LogCaptureFixture) -> None:
    whole = edge_ser.load("cogcn").bundle
    for made_with, told in ((version("opensmile"), ""), ("2.4.1", "made with openSMILE 2.4.1")):
        features = {**whole.card["features"], "opensmile": made_with}
        other = replace(whole, card={**whole.card, "features": features})
        caplog.clear()
        edge_ser.Recognizer(other)
        warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
        assert told in " ".join(warned)
        assert len(warned) == bool(told)


def test_repr(recognizer: edge_ser.Recognizer) -> None:
    assert "backend=numpy" in repr(recognizer)
    assert "egemaps-69@" in repr(recognizer)


def with_offset(recognizer: edge_ser.Recognizer, share: float) -> edge_ser.Recognizer:
    card = {**recognizer.bundle.card, "enrolment": {"offset": share}}
    return edge_ser.Recognizer(replace(recognizer.bundle, card=card))


def nodes(recognizer: edge_ser.Recognizer, clips: list[Path]) -> list[NDArray[np.float32]]:
    found = []
    for clip in clips:
        with AudioFile(clip) as source, recognizer.segmenter() as segmenter:
            segments = [s for block in source for s in segmenter.push(block.samples)]
            found += [s.values for s in (*segments, *segmenter.finish())]
    return found


def test_enrolment_says_what_neutral_sounds_like(
    recognizer: edge_ser.Recognizer, corpora: Path
) -> None:
    """A share of the way from the voice's neutral logits to those of training speakers."""
    heard = nodes(recognizer, sorted(corpora.glob("ravdess/Actor_03/03-01-01-*.flac")))
    assert len(heard) > 3
    voice, plain = recognizer.unknown_voice(), recognizer.unknown_voice()
    recognizer.enrol(plain, heard)
    assert plain.offset is None
    with_offset(recognizer, 0.3).enrol(voice, heard)
    np.testing.assert_array_equal(voice.mean, plain.mean)
    before = np.mean([recognizer.logits(values, plain) for values in heard], axis=0)
    after = np.mean([recognizer.logits(values, voice) for values in heard], axis=0)
    target = np.full(4, -1.3 / 3)
    target[recognizer.bundle.labels.index("neutral")] = 1.3
    left, was = target - after + after.mean(), target - before + before.mean()
    np.testing.assert_allclose(left, 0.7 * was, atol=1e-5)
    assert np.abs(was).max() > 0.1


def test_labels_without_neutral_have_no_offset(
    recognizer: edge_ser.Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(recognizer.bundle), "labels", ("calm", "wild", "tired", "other"))
    voice = recognizer.unknown_voice()
    with_offset(recognizer, 0.3).enrol(voice, nodes(recognizer, [DEMO]))
    assert voice.count > 0
    assert voice.offset is None


@pytest.mark.parametrize("trouble", ["raises", "is no number"])
def test_speech_that_cannot_be_scored_is_told_and_the_next_is_heard(
    monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    recognizer = edge_ser.load("cogcn")
    model, finals = recognizer._model, []

    def failing(x: NDArray[np.float32], a_hat: NDArray[np.float32] | None) -> NDArray[np.float32]:
        finals.append(len(x))
        if len(finals) != 2:
            return model(x, a_hat)
        if trouble == "raises":
            raise RuntimeError("out of memory")
        return np.full(4, np.nan, np.float32)

    monkeypatch.setattr(recognizer, "_model", failing)
    first, second, *others = recognizer.stream(AudioFile(DEMO), hop=100)
    assert first.type == "utterance"
    assert isinstance(second, StatusEvent)
    assert second.status == "error"
    reason = "out of memory" if trouble == "raises" else "not a number"
    assert second.message.startswith("speech from 5.30 to 6.63 s cannot be scored (")
    assert reason in second.message
    assert [event.type for event in others] == ["utterance"] * 6
    finals.clear()
    with pytest.raises(EdgeSerError, match="cannot be scored"):
        recognizer.classify_source(AudioFile(DEMO))
