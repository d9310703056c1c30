"""Audio from other programs: stdin and FIFOs, WAV by its header or raw samples."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import SAMPLING_RATE, AudioPipe
from edge_ser.audio.wav import ENCODINGS
from edge_ser.cli import main
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError
from tests.virtual import measured

SUBTYPES = {
    "u8": "PCM_U8",
    "s16le": "PCM_16",
    "s24le": "PCM_24",
    "s32le": "PCM_32",
    "f32le": "FLOAT",
    "f64le": "DOUBLE",
}
COMMAND = [sys.executable, "-m", "edge_ser"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    soundfile.write(path, soundfile.read(DEMO, dtype="int16")[0], SAMPLING_RATE)
    return path


@pytest.fixture(scope="module")
def told(clip: Path) -> list[str]:
    """What ``classify`` says to the file."""
    done = subprocess.run([*COMMAND, "classify", clip], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1:]


def written(fifo: Path, *pieces: bytes, pause: float = 0.0) -> threading.Thread:
    """Write pieces into a FIFO from another thread."""

    def write() -> None:
        with fifo.open("wb", buffering=0) as stream:
            for piece in pieces:
                stream.write(piece)
                time.sleep(pause)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def read(pipe: AudioPipe) -> np.ndarray:
    return np.concatenate([block.samples for block in pipe])


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_every_encoding_is_read_as_libsndfile_reads_it(
    name: str, tmp_path: Path, fifo: Path
) -> None:
    signal_, rate = soundfile.read(DEMO, stop=20_001)
    path = tmp_path / "clip.wav"
    soundfile.write(path, np.stack([signal_, 0.5 * signal_], 1), rate, subtype=SUBTYPES[name])
    expected = soundfile.read(path, dtype="float32")[0].mean(axis=1)
    content = path.read_bytes()
    raw = content[content.index(b"data") + 8 :][: 20_001 * 2 * ENCODINGS[name].bits // 8]
    for given, pipe in (
        (content, AudioPipe(fifo)),
        (raw, AudioPipe(fifo, rate, name, channels=2)),
    ):
        thread = written(fifo, given[:50], given[50:1001], given[1001:])
        found = read(pipe)
        thread.join()
        assert len(found) == 20_001
        np.testing.assert_allclose(found / 32_768, expected, atol=2 / 32_768)


def test_what_recorders_write_into_pipes(fifo: Path, clip: Path) -> None:
    content = bytearray(clip.read_bytes())
    samples, _ = soundfile.read(clip, dtype="int16")
    for size in (b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\xf0\xff\x7f", bytes(4)):
        content[40:44] = size
        thread = written(fifo, bytes(content))
        np.testing.assert_array_equal(read(AudioPipe(fifo)), samples)
        thread.join()


def test_a_writer_that_ends_early(fifo: Path, clip: Path, caplog: pytest.LogCaptureFixture) -> None:
    thread = written(fifo, clip.read_bytes()[: 44 + 32_001])
    assert len(read(AudioPipe(fifo))) == 16_000
    thread.join()
    assert f"{fifo} ended early: its header promises" in caplog.text
    assert "32001 came" in caplog.text


def test_blocks_are_empty_while_nothing_comes(fifo: Path, clip: Path) -> None:
    content = clip.read_bytes()
    thread = written(fifo, content[:6444], content[6444:], pause=0.35)
    lengths = [len(block.samples) for block in AudioPipe(fifo)]
    thread.join()
    assert lengths[:2] == [1600, 1600]
    assert lengths[2:4] == [0, 0]
    assert sum(lengths) == (len(content) - 44) // 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "carries no WAV of integers or floats; give --rate and --format"),
        (b"fLaC" + bytes(100), "carries no WAV"),
        (b"RIFF\0\0\0\0WAVE", "carries no WAV"),
    ],
)
def test_what_is_no_wav(content: bytes, says: str, fifo: Path) -> None:
    thread = written(fifo, content)
    with pytest.raises(EdgeSerError, match=says):
        read(AudioPipe(fifo))
    thread.join()


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="no such file"):
        read(AudioPipe(tmp_path / "none"))
    with pytest.raises(EdgeSerError, match="need their sampling rate; give --rate"):
        AudioPipe(encoding="s16le")
    with pytest.raises(EdgeSerError, match=r"no encoding 's8'; choose one of u8, s16le"):
        AudioPipe(rate=8000, encoding="s8")
    silent = tmp_path / "silent.raw"
    silent.write_bytes(b"")
    with pytest.raises(EdgeSerError, match="ended before any audio came"):
        read(AudioPipe(silent, 16_000))


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "fifo", "raw"])
def test_classify_hears_a_pipe_as_it_hears_the_file(
    name: str, fifo: Path, clip: Path, told: list[str]
) -> None:
    content, arguments, thread = clip.read_bytes(), [name], None
    if name == "fifo":
        arguments, thread = [str(fifo)], written(fifo, content)
        content = b""
    elif name == "raw":
        arguments, content = ["-", "--rate", "16000", "--format", "s16le"], content[44:]
    done = subprocess.run(
        [*COMMAND, "classify", *arguments],
        input=content,
        capture_output=True,
        check=False,
        env=dict(os.environ) | measured(),
    )
    if thread:
        thread.join()
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().splitlines()[1:] == told


def test_listen_hears_a_pipe_while_it_is_written_and_a_signal_ends_it(
    fifo: Path, clip: Path
) -> None:
    command = [*COMMAND, "listen", "--json", "--input", str(fifo)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ) | measured())
    content = clip.read_bytes()
    with fifo.open("wb", buffering=0) as stream:
        stream.write(content[: len(content) * 2 // 3])
        assert process.stdout
        assert json.loads(process.stdout.readline())["type"] == "window"
        time.sleep(1)  # the writer is there, and writes nothing
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 1
    assert json.loads(rest.splitlines()[-1])["type"] == "utterance"


def test_a_signal_ends_it_before_there_is_a_writer(fifo: Path) -> None:
    command = [*COMMAND, "listen", "--input", str(fifo)]
    process = subprocess.Popen(command, env=dict(os.environ) | measured())
    deadline = time.monotonic() + 20
    while "wait_for_partner" not in Path(f"/proc/{process.pid}/wchan").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.terminate()
    assert process.wait(timeout=5) == 0


def test_a_terminal_is_no_recording(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert main(["classify", "-"]) == 1
    assert "stdin is a terminal; pipe audio into it, or name a file" in capsys.readouterr().err
