"""Files as recorders, encoders and power failures leave them."""

from __future__ import annotations

import logging
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import SAMPLING_RATE, AudioFile
from edge_ser.audio.parts import beginnings
from edge_ser.errors import EdgeSerError

RATE = 44_100


@pytest.fixture(autouse=True)
def warnings(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "edge_ser")
    return caplog


def tones(seconds: float, rate: int = SAMPLING_RATE, seed: int = 0) -> np.ndarray:
    """Make a signal that never repeats and that lossy encoders keep."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    noise = np.convolve(random.normal(0, 1, len(time)), np.ones(8) / 8, mode="same")
    return 0.2 * np.sin(2 * np.pi * 300 * time * (1 + time / 9)) + 0.1 * noise


def heard(path: Path) -> np.ndarray:
    return np.concatenate([block.samples for block in AudioFile(path)])


def wav(data: bytes, size: int, riff: int, before: bytes = b"") -> bytes:
    rate = SAMPLING_RATE
    form = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16)
    head = b"RIFF" + struct.pack("<I", riff) + b"WAVE" + before + form
    return head + b"data" + struct.pack("<I", size) + data


JUNK = b"JUNK" + struct.pack("<I", 28) + bytes(28)


@pytest.mark.parametrize(
    ("size", "riff", "before"),
    [(0, 0, b""), (0, 36, b""), (0, 4088, JUNK), (2048, 36 + 2048, b"")],
)
def test_an_unfinished_header_is_read_to_the_end(
    size: int, riff: int, before: bytes, tmp_path: Path, warnings: pytest.LogCaptureFixture
) -> None:
    samples = np.rint(32_767 * tones(2)).astype(np.int16)
    path = tmp_path / "unfinished.wav"
    path.write_bytes(wav(samples.tobytes() + b"x", size, riff, before))
    np.testing.assert_array_equal(heard(path), samples)
    assert "its header was never finished; it is read to the end" in warnings.text


def test_what_follows_the_samples_is_no_audio(
    tmp_path: Path, warnings: pytest.LogCaptureFixture
) -> None:
    samples = np.rint(32_767 * tones(1)).astype(np.int16)
    size = 2 * len(samples)
    listed = b"LIST" + struct.pack("<I", 200) + bytes(200)
    for riff, rest in (
        (36 + size + len(listed), listed),
        (36 + size, listed),
        (36 + size, b"ID3" + bytes(500)),
    ):
        path = tmp_path / "tagged.wav"
        path.write_bytes(wav(samples.tobytes() + rest, size, riff))
        np.testing.assert_array_equal(heard(path), samples)
    assert warnings.text == ""


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".au", ".flac", ".w64", ".ogg", ".mp3"])
@pytest.mark.parametrize("share", [0.8, 0.5])
def test_what_a_cut_file_holds_is_heard(
    tmp_path: Path, suffix: str, share: float, warnings: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"clip{suffix}"
    soundfile.write(path, tones(3.0), SAMPLING_RATE)
    whole = heard(path)
    assert warnings.text == ""
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    found = heard(path)
    pages = 0.5 if suffix == ".ogg" else 0.2  # pages of a second
    assert len(found) == pytest.approx(share * len(whole), rel=pages)
    same = len(found) - 2000  # an encoder's last packet may be lost, and be concealed
    assert np.abs(found[:same].astype(int) - whole[:same]).max() <= 1
    if suffix in (".wav", ".aiff", ".au", ".flac", ".w64"):
        assert "is cut short: its header promises 3.00 s" in warnings.text or (
            "cannot be decoded after" in warnings.text and "the rest is left out" in warnings.text
        )


@pytest.mark.parametrize("mode", ["CONSTANT", "AVERAGE", "VARIABLE"])
def test_mp3_is_decoded_as_a_player_does(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "clip.mp3"
    soundfile.write(path, tones(6, RATE), RATE, bitrate_mode=mode, compression_level=0.5)
    at_once, _ = soundfile.read(path, dtype="float32")
    found = []
    for rate, pieces in AudioFile(path)._recordings():
        assert rate == RATE
        found += list(pieces)
    np.testing.assert_allclose(np.concatenate(found)[:, 0], at_once, atol=1e-4)


def without_xing(content: bytes) -> bytes:
    """Leave out the first frame, which holds no sound but the length."""
    second = content.index(content[:2], 4)
    assert b"Xing" in content[:second] or b"Info" in content[:second]
    return content[second:]


def test_mp3_of_unknown_length(tmp_path: Path, warnings: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "clip.mp3"
    signal = np.concatenate([np.zeros(3 * RATE), tones(3, RATE)])  # bits are spent unevenly
    soundfile.write(path, signal, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    path.write_bytes(without_xing(path.read_bytes()))
    assert len(heard(path)) == pytest.approx(6 * SAMPLING_RATE, rel=0.02)
    assert warnings.text == ""


def test_flac_of_unknown_length(tmp_path: Path, warnings: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "clip.flac"
    soundfile.write(path, tones(2), SAMPLING_RATE)
    whole = heard(path)
    content = bytearray(path.read_bytes())
    assert content[:4] == b"fLaC"
    content[21] &= 0xF0  # 36 bits of STREAMINFO: the number of samples
    content[22:26] = bytes(4)
    path.write_bytes(content)
    np.testing.assert_array_equal(heard(path), whole)
    assert warnings.text == ""


@pytest.mark.parametrize(("suffix", "rate"), [(".ogg", 16_000), (".mp3", RATE), (".mp3", 16_000)])
def test_recordings_one_behind_the_other_are_all_heard(
    tmp_path: Path, suffix: str, rate: int
) -> None:
    parts = []
    for seed, channels in enumerate((1, 2, 1)):
        path = tmp_path / f"part{seed}{suffix}"
        signal = np.repeat(tones(1.5 + seed, rate, seed)[:, None], channels, axis=1)
        soundfile.write(path, signal, rate)
        parts.append(path)
    path = tmp_path / f"joined{suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert len(beginnings(path)) == 3
    np.testing.assert_array_equal(heard(path), np.concatenate([heard(part) for part in parts]))


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0 ftypM4A ", "MP4 or M4A"),
        (b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
        (b"#!AMR\n", "AMR"),
        (b"\x30\x26\xb2\x75\x8e\x66", "Windows Media"),
    ],
)
def test_what_libsndfile_lacks_names_the_command(tmp_path: Path, head: bytes, name: str) -> None:
    path = tmp_path / "my talk.bin"
    path.write_bytes(head + bytes(3000))
    with pytest.raises(EdgeSerError) as caught:
        heard(path)
    assert f"it is {name}, convert it: ffmpeg -i '{path}' -vn '{path}'.wav" in str(caught.value)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    soundfile.write(os.fsencode(path), tones(1), SAMPLING_RATE)
    assert len(heard(path)) == SAMPLING_RATE
    done = subprocess.run(
        [sys.executable, "-m", "edge_ser", "classify", os.fsencode(path), "--json"],
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"caf\\udce9.wav" in done.stdout


def test_decoders_keep_off_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clip.mp3"
    soundfile.write(path, tones(4, RATE), RATE)
    content = bytearray(path.read_bytes())
    for place in range(2000, len(content) - 200, 3000):
        content[place : place + 150] = bytes(150)
    path.write_bytes(content)
    assert len(heard(path)) > 2 * SAMPLING_RATE
    assert capfd.readouterr().err == ""
