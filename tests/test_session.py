"""The Python API: sessions, streams for asyncio, sources that any thread ends."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

import edge_ser
from edge_ser.demo import PATH as DEMO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edge_ser.events import Event


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    return soundfile.read(DEMO, dtype="int16")[0][: 8 * 16_000]


def same(event: Event) -> dict[str, object]:
    """Return what does not depend on when the audio arrived."""
    return {k: v for k, v in event.to_dict().items() if k not in ("time", "latency_ms")}


@pytest.fixture(scope="module")
def wanted(recognizer: edge_ser.Recognizer, demo: np.ndarray) -> list[dict[str, object]]:
    found = [same(e) for e in recognizer.stream(edge_ser.AudioSignal(demo, 16_000))]
    assert {e["type"] for e in found} == {"window", "utterance"}
    return found


def chunks(signal: np.ndarray, length: int) -> Iterator[np.ndarray]:
    return (signal[i : i + length] for i in range(0, len(signal), length))


@pytest.mark.parametrize("length", [37, 1_600, 100_000])
def test_chunks_of_any_length_give_the_events_of_the_stream(
    recognizer: edge_ser.Recognizer, demo: np.ndarray, wanted: list[dict[str, object]], length: int
) -> None:
    with recognizer.session(rate=16_000) as session:
        found = [same(e) for chunk in chunks(demo, length) for e in session.push(chunk)]
        found += map(same, session.finish())
        assert session.finish() == []
        assert session.push([]) == []
        with pytest.raises(edge_ser.EdgeSerError, match="finished; start another"):
            session.push(demo)
    assert [e for e in found if e["type"] == "utterance"] == [
        e for e in wanted if e["type"] == "utterance"
    ]
    if length <= 1_600:
        assert found == wanted


def test_a_session_takes_another_rate_and_channels(
    recognizer: edge_ser.Recognizer, demo: np.ndarray, wanted: list[dict[str, object]]
) -> None:
    import soxr

    louder = soxr.resample(demo.astype(np.float32) / 32_768, 16_000, 44_100)
    stereo = np.stack([louder, louder], axis=1)
    with recognizer.session(rate=44_100, hop=None) as session:
        found = [e for chunk in chunks(stereo, 1_000) for e in session.push(chunk)]
        found += session.finish()
    utterances = [e for e in wanted if e["type"] == "utterance"]
    for event, other in zip(found, utterances, strict=True):
        assert isinstance(event, edge_ser.EmotionEvent)
        assert event.end == pytest.approx(other["end"], abs=0.05)
        assert event.to_dict()["probabilities"] == pytest.approx(other["probabilities"], abs=0.05)


def test_all_that_scipy_and_soundfile_read(
    recognizer: edge_ser.Recognizer, demo: np.ndarray, tmp_path: Path
) -> None:
    wavfile = pytest.importorskip("scipy.io.wavfile", reason="the runtime alone has no scipy")
    given = [demo, demo.astype(np.float32) / 32_768, demo / 32_768, demo.astype(np.int32) << 16]
    answers = []
    for signal in given:
        wavfile.write(tmp_path / "clip.wav", 16_000, signal)
        rate, read = wavfile.read(tmp_path / "clip.wav")
        assert read.dtype == signal.dtype
        answers.append(recognizer.classify(read, rate))
    assert len(answers[0].utterances) > 1
    assert answers[1:] == answers[:1] * (len(given) - 1)
    wavfile.write(tmp_path / "clip.wav", 16_000, (demo // 256 + 128).astype(np.uint8))
    coarse = recognizer.classify(wavfile.read(tmp_path / "clip.wav")[1], 16_000)
    assert len(coarse.utterances) == len(answers[0].utterances)
    for wrong, message in (
        (demo.astype(np.int64), "signal of int64 cannot be used"),
        (demo.astype(np.complex64), "signal of complex64 cannot be used"),
        (np.array(0.5), "shape"),
    ):
        with pytest.raises(edge_ser.EdgeSerError, match=message):
            recognizer.classify(wrong, 16_000)
        with pytest.raises(edge_ser.EdgeSerError, match=message), recognizer.session() as session:
            session.push(wrong)


def test_a_path_is_enough(recognizer: edge_ser.Recognizer, tmp_path: Path) -> None:
    whole = recognizer.classify_source(edge_ser.AudioFile(DEMO))
    assert recognizer.classify(DEMO) == recognizer.classify(str(DEMO)) == whole
    assert [type(e) for e in recognizer.stream(str(DEMO))].count(edge_ser.EmotionEvent) > 0
    with pytest.raises(edge_ser.EdgeSerError, match="cannot read"):
        recognizer.classify(tmp_path / "missing.wav")
    with pytest.raises(edge_ser.EdgeSerError, match="needs its sampling rate"):
        recognizer.classify(np.zeros(16_000))


def test_asyncio_hears_the_same(
    recognizer: edge_ser.Recognizer, demo: np.ndarray, wanted: list[dict[str, object]]
) -> None:
    async def main() -> list[dict[str, object]]:
        source = edge_ser.AudioSignal(demo, 16_000)
        return [same(e) async for e in recognizer.astream(source)]

    assert asyncio.run(main()) == wanted


def test_a_cancelled_task_ends_a_source_that_waits(recognizer: edge_ser.Recognizer) -> None:
    source = edge_ser.AudioFile(DEMO, realtime=True)

    async def main() -> None:
        async for _ in recognizer.astream(source):
            raise AssertionError("nobody speaks in the first half second")

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(_within(0.5, main()))
    assert time.monotonic() - began < 3.0
    assert threading.active_count() < 20


async def _within(seconds: float, work: object) -> None:
    try:
        await asyncio.wait_for(work, seconds)  # type: ignore[arg-type]
    except asyncio.TimeoutError:  # the builtin one from Python 3.11 on
        raise TimeoutError from None


def test_what_fails_reaches_the_task(recognizer: edge_ser.Recognizer, tmp_path: Path) -> None:
    async def main() -> None:
        async for _ in recognizer.astream(tmp_path / "missing.wav"):
            pass

    with pytest.raises(edge_ser.EdgeSerError, match="cannot read"):
        asyncio.run(main())


def test_another_thread_ends_a_stream(recognizer: edge_ser.Recognizer) -> None:
    source = edge_ser.AudioFile(DEMO, realtime=True)
    timer = threading.Timer(2.5, source.close)
    timer.start()
    events = list(recognizer.stream(source))
    timer.join()
    assert events[-1].type == "utterance"  # what was being said when it was closed
    assert isinstance(events[-1], edge_ser.EmotionEvent)
    assert events[-1].end < 3.0
    again = iter(source)  # a closed source starts again
    assert len(next(again).samples) > 0


def test_times_are_those_of_the_ends(recognizer: edge_ser.Recognizer) -> None:
    source = edge_ser.AudioFile(DEMO, realtime=True)
    began = datetime.now(timezone.utc)
    for event in recognizer.stream(source):
        if event.type == "utterance":
            break
    source.close()
    assert isinstance(event, edge_ser.EmotionEvent)
    late = event.time - (began + timedelta(seconds=event.end))
    assert abs(late.total_seconds()) < 0.7
    assert event.to_dict()["time"].endswith("Z")
    assert datetime.fromisoformat(event.to_dict()["time"].replace("Z", "+00:00")).year > 2025


def test_numbers_have_four_decimals(wanted: list[dict[str, object]]) -> None:
    def decimals(value: object) -> Iterator[int]:
        if isinstance(value, dict):
            for item in value.values():
                yield from decimals(item)
        elif isinstance(value, float):
            yield len(repr(value).partition(".")[2])

    assert max(n for event in wanted for n in decimals(event)) == 4


def test_everything_says_what_it_is(recognizer: edge_ser.Recognizer, demo: np.ndarray) -> None:
    shown = [name for name in dir(edge_ser) if not name.startswith("_")]
    assert shown == sorted(edge_ser.__all__)
    assert all(hasattr(edge_ser, name) for name in shown)
    with recognizer.session(rate=8_000) as session:
        told = [
            repr(session),
            repr(edge_ser.AudioFile("a.wav")),
            repr(edge_ser.AudioPipe()),
            repr(edge_ser.AudioSignal(demo, 16_000)),
            repr(edge_ser.Microphone("USB")),
            repr(edge_ser.SteadyMicrophone()),
        ]
    assert told[0].startswith("Session(Recognizer(") and "rate=8000" in told[0]
    assert told[1:] == [
        "AudioFile('a.wav')",
        "AudioPipe('stdin')",
        "AudioSignal(int16(128000,), 16000 Hz)",
        "Microphone('USB')",
        "SteadyMicrophone('the default microphone')",
    ]
