"""Files and arrays as sources: whatever the format, mono int16 at 16 kHz comes out, or an error."""

from __future__ import annotations

import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
import soxr

from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioSignal, Source
from edge_ser.audio.convert import BLOCK, Converter
from edge_ser.errors import EdgeSerError

ROOT = Path(__file__).parent.parent


def noise(seconds: float, rate: int = SAMPLING_RATE, channels: int | None = None) -> np.ndarray:
    shape = round(seconds * rate) if channels is None else (round(seconds * rate), channels)
    return (0.2 * np.random.default_rng(7).standard_normal(shape)).astype(np.float32)


def read(source: Source) -> np.ndarray:
    """All samples, after checking what holds for every block of a file or an array."""
    blocks = list(source)
    assert all(block.samples.dtype == np.int16 and block.lost == 0 for block in blocks)
    assert all(len(block.samples) == BLOCK for block in blocks[:-1])
    assert all(0 < len(block.samples) <= BLOCK for block in blocks[-1:])
    return np.concatenate([block.samples for block in blocks])


def to_int16(signal: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(signal * 32768.0), -32768, 32767).astype(np.int16)


def message(source: Source) -> str:
    """The error that reading the source raises: one line."""
    with pytest.raises(EdgeSerError) as caught, source:
        list(source)
    text = str(caught.value)
    assert "\n" not in text
    assert ";" in text or ":" in text
    return text


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff", ".au", ".caf"])
def test_pcm16_at_16_khz_comes_through_bit_exactly(tmp_path: Path, suffix: str) -> None:
    every_value = np.random.default_rng(0).permutation(np.arange(-32768, 32768)).astype(np.int16)
    path = tmp_path / f"clip{suffix}"
    soundfile.write(path, every_value, SAMPLING_RATE, subtype="PCM_16")
    assert np.array_equal(read(AudioFile(path)), every_value)
    assert np.array_equal(read(AudioSignal(every_value, SAMPLING_RATE)), every_value)


@pytest.mark.parametrize("clip", ["ravdess", "emodb", "nemo"])
def test_a_corpus_clip_comes_through_bit_exactly(corpora: Path, clip: str) -> None:
    path = min((corpora / clip).rglob("*.flac"))
    assert np.array_equal(read(AudioFile(path)), soundfile.read(path, dtype="int16")[0])


@pytest.mark.parametrize("size", [1, 77, 480, 1600, 4410, 10**9])
@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 192000])
def test_the_stream_equals_the_whole_signal_resampled_at_once(rate: int, size: int) -> None:
    signal = noise(0.3 if size == 1 else 1.5, rate)
    converter = Converter(rate, "signal")
    starts = range(0, len(signal), size)
    pieces = [converter.push(signal[start : start + size]) for start in starts]
    result = np.concatenate([*pieces, converter.flush()])
    assert np.array_equal(result, to_int16(soxr.resample(signal, rate, SAMPLING_RATE)))


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate", "channels"),
    [
        (".wav", "PCM_16", 44100, 2),
        (".wav", "PCM_24", 48000, 1),
        (".wav", "PCM_U8", 8000, 1),
        (".wav", "PCM_32", 96000, 6),
        (".wav", "FLOAT", 22050, 2),
        (".wav", "DOUBLE", 192000, 1),
        (".wav", "ULAW", 8000, 1),
        (".flac", "PCM_24", 48000, 2),
        (".ogg", "VORBIS", 44100, 2),
        (".mp3", "MPEG_LAYER_III", 44100, 1),
    ],
)
def test_encodings_rates_and_channels(
    tmp_path: Path, suffix: str, subtype: str, rate: int, channels: int
) -> None:
    path = tmp_path / f"clip{suffix}"
    soundfile.write(path, noise(1.3, rate, channels), rate, subtype=subtype)
    stored = soundfile.read(path, dtype="float32", always_2d=True)[0].mean(axis=1)
    expected = to_int16(soxr.resample(stored, rate, SAMPLING_RATE))
    result = read(AudioFile(path))
    assert result.shape == expected.shape
    # Decoding MP3 in pieces differs from decoding it at once by 1e-7 of full scale.
    assert np.abs(result.astype(int) - expected).max() <= (suffix == ".mp3")


def test_an_array_gives_what_a_file_gives(tmp_path: Path) -> None:
    signal = noise(1.0, 44100, 2)
    path = tmp_path / "clip.wav"
    soundfile.write(path, signal, 44100, subtype="FLOAT")
    assert np.array_equal(read(AudioSignal(signal, 44100)), read(AudioFile(path)))
    as_doubles = read(AudioSignal(signal.astype(np.float64), 44100))
    assert np.abs(as_doubles.astype(int) - read(AudioFile(path))).max() <= 1
    stereo = np.array([[1, 3], [-5, -5], [32767, 32767], [-32768, -32768]] * 20, np.int16)
    assert read(AudioSignal(stereo, SAMPLING_RATE))[:4].tolist() == [2, -5, 32767, -32768]


@pytest.mark.parametrize("rate", [16000, 48000])
def test_full_scale_clips_and_never_wraps(rate: int) -> None:
    loud = read(AudioSignal(np.full(rate, 1.0, np.float32), rate))
    assert loud.max() == 32767
    assert (loud[200:-200] >= 32766).all()
    overdriven = 3 * np.sin(2 * np.pi * 100 * np.arange(rate) / rate)
    result = read(AudioSignal(overdriven, rate))
    inside = slice(rate // 10, -rate // 10)
    at_16_khz = 3 * np.sin(2 * np.pi * 100 * np.arange(SAMPLING_RATE) / SAMPLING_RATE)
    assert np.array_equal(np.sign(result[inside]), np.sign(np.round(at_16_khz[inside], 6)))
    assert (result.min(), result.max()) == (-32768, 32767)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 20000.0])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_a_sample_that_is_no_audio_names_file_and_second(
    tmp_path: Path, value: float, rate: int
) -> None:
    signal = noise(2.0, rate, 2)
    signal[int(1.25 * rate), 1] = value
    path = tmp_path / "broken.wav"
    soundfile.write(path, signal, rate, subtype="FLOAT")
    text = message(AudioFile(path))
    assert str(path) in text
    assert " at 1.250 s" in text
    assert f"{value:g}" in text
    assert " at 1.250 s" in message(AudioSignal(signal, rate))


def wav_header(channels: int, frames: int, rate: int = SAMPLING_RATE) -> bytes:
    size = 2 * channels * frames
    layout = struct.pack("<HHIIHH", 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
    form = b"WAVEfmt " + struct.pack("<I", 16) + layout + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(form) + size) + form


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.wav", b"", "is empty"),
        ("notes.wav", b"this is not audio at all\n" * 40, "cannot be read as audio"),
        ("notes.txt", b"this is not audio at all\n" * 40, "cannot be read as audio"),
        ("clip.raw", bytes(32000), "cannot be read as audio"),
        ("clip.mp3", bytes(32000), "cannot be read as audio"),
        ("no-channel.wav", wav_header(0, 1000) + bytes(2000), "cannot be read as audio"),
        ("header-only.wav", wav_header(1, 0), "holds no audio"),
        ("slow.wav", wav_header(1, 4000, 4000) + bytes(8000), "4000 Hz"),
        ("fast.wav", wav_header(1, 4000, 384000) + bytes(8000), "384000 Hz"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    text = message(AudioFile(path))
    assert str(path) in text
    assert says in text


def test_missing_file_and_directory_fail_on_entering(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "nope.wav", "no such file"), (tmp_path, "is a directory")):
        with pytest.raises(EdgeSerError, match=says), AudioFile(path):
            pytest.fail("entered")


def test_a_recording_whose_length_was_never_filled_in_is_no_truncated_file(tmp_path: Path) -> None:
    samples = to_int16(noise(1.0))
    path = tmp_path / "from-a-pipe.wav"
    for unknown in (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFF000):
        header = bytearray(wav_header(1, 0))
        header[4:8] = header[40:44] = struct.pack("<I", unknown)
        path.write_bytes(bytes(header) + samples.tobytes())
        assert np.array_equal(read(AudioFile(path)), samples)


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
def test_ten_milliseconds(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "short.wav"
    soundfile.write(path, noise(0.01, rate), rate)
    assert len(read(AudioFile(path))) == pytest.approx(160, abs=1)


def test_thirty_minutes_never_lie_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    second = to_int16(noise(1.0, 24000))
    with soundfile.SoundFile(path, "w", 24000, 1, "PCM_16") as file:
        for _ in range(1800):
            file.write(second)
    process = psutil.Process()
    samples, at_start, peak = 0, 0, 0
    for index, block in enumerate(AudioFile(path)):
        samples += len(block.samples)
        if index == 100:
            at_start = process.memory_info().rss
        if index % 500 == 0:
            peak = max(peak, process.memory_info().rss)
    assert samples == 1800 * SAMPLING_RATE
    assert peak - at_start < 4 * 2**20  # the file holds 86 MB


def test_realtime_delivers_each_block_when_its_audio_would_end(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(1.25), SAMPLING_RATE)
    start = time.monotonic()
    end, late = 0.0, []
    for block in AudioFile(path, realtime=True):
        end += len(block.samples) / SAMPLING_RATE
        late.append(block.arrival - start - end)
        time.sleep(0.03)  # the work of a reader must not add up
    assert end == 1.25
    assert min(late) >= 0
    assert np.median(late) < 0.05
    assert late[-1] < 0.1


def test_without_realtime_a_file_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(20.0), SAMPLING_RATE)
    start = time.monotonic()
    arrivals = [block.arrival for block in AudioFile(path)]
    assert time.monotonic() - start < 2.0
    assert start <= arrivals[0] <= arrivals[-1] <= time.monotonic()


def test_iterating_again_starts_again_and_leaving_early_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    soundfile.write(path, noise(1.0), SAMPLING_RATE)
    with AudioFile(path) as source:
        blocks = iter(source)
        first = next(blocks)
        assert str(path) in [file.path for file in psutil.Process().open_files()]
        blocks.close()  # type: ignore[attr-defined]
        assert str(path) not in [file.path for file in psutil.Process().open_files()]
        assert np.array_equal(next(iter(source)).samples, first.samples)
    assert source.name == str(path)


@pytest.mark.parametrize(
    ("signal", "rate", "says"),
    [
        (np.zeros(0, np.float32), 16000, "empty"),
        (np.zeros((100, 0), np.float32), 16000, "empty"),
        (np.zeros((2, 16000), np.float32), 16000, r"\(samples, channels\)"),
        (np.zeros((4, 4, 4), np.float32), 16000, r"\(samples, channels\)"),
        (np.float32(0), 16000, r"\(samples, channels\)"),
        (np.zeros(100, np.int64), 16000, "int64"),
        (["a", "b"], 16000, "or int16"),
        (np.zeros(100, np.float32), 100, "100 Hz"),
        (np.zeros(100, np.float32), 192001, "192001 Hz"),
        (np.zeros(100, np.float32), float("nan"), "nan Hz"),
    ],
)
def test_arrays_that_cannot_be_used(signal: Any, rate: float, says: str) -> None:
    with pytest.raises(EdgeSerError, match=says):
        list(AudioSignal(signal, rate))


def test_importing_the_module_loads_no_audio_library() -> None:
    code = (
        "import sys, edge_ser.audio; "
        "print(*sorted({'soundfile', 'soxr', 'sounddevice', '_soundfile'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
