"""The microphone, on a virtual one: PulseAudio plays, PortAudio captures, no sound card needed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import SAMPLING_RATE, devices
from edge_ser.errors import EdgeSerError
from tests.virtual import ROOT, Environment, child, utterances

pytestmark = pytest.mark.system

# Where a clip falls on the grid of openSMILE's frames is chance on a microphone; these are clips of
# which the model says the same within 0.03, wherever they fall.
CLIPS = (
    "emodb/wav/08a04Nc.flac",
    "emodb/wav/13a04Wc.flac",
    "ravdess/Actor_09/03-01-04-01-01-01-09.flac",
)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of noise: every place in it is unlike any other."""
    path = tmp_path_factory.mktemp("played") / "noise.wav"
    samples = np.random.default_rng(1).integers(-8000, 8000, 4 * SAMPLING_RATE, np.int16)
    soundfile.write(path, samples, SAMPLING_RATE)
    return path


def lag(captured: np.ndarray, reference: np.ndarray) -> int:
    """Where ``reference`` begins in ``captured``: the peak of their correlation."""
    size = 2 ** int(np.ceil(np.log2(len(captured) + len(reference))))
    spectrum = np.fft.rfft(captured, size) * np.conj(np.fft.rfft(reference, size))
    return int(np.argmax(np.fft.irfft(spectrum)[: len(captured)]))


def test_devices_lists_the_microphone(vmic: Environment) -> None:
    devices = child(
        vmic,
        "from dataclasses import asdict; print(json.dumps([asdict(d) for d in list_devices()]))",
    )
    assert "vmic" in [device["name"] for device in devices]
    assert [device["default"] for device in devices].count(True) == 1
    assert all(
        list(device) == ["index", "name", "channels", "rate", "default"] for device in devices
    )
    assert all(device["channels"] >= 1 and device["rate"] >= 8000 for device in devices)


def test_what_is_played_is_captured_sample_for_sample_and_losses_are_counted_exactly(
    vmic: Environment, played: Path, tmp_path: Path
) -> None:
    """A reader that sleeps 2 s over a buffer of 1 s loses a second, and the count says which."""
    result = child(
        vmic,
        """
        microphone.BUFFER = 1.0
        with Microphone("vmic") as source:
            blocks = iter(source)
            first = next(blocks)
            player = play(sys.argv[1])
            pieces, lost, slept, count, behind = [], 0, False, 0, []
            for block in blocks:
                lost += block.lost
                pieces += [np.zeros(block.lost, np.int16), block.samples]
                count += block.lost + len(block.samples)
                elapsed = block.arrival - first.arrival
                if elapsed > 4.0:
                    behind.append(16_000 * elapsed - count)
                if elapsed > 1.5 and not slept:
                    time.sleep(2.0)
                    slept = True
                if elapsed > 5.0:
                    break
            player.wait()
        np.save(sys.argv[2], np.concatenate(pieces))
        print(json.dumps({"lost": lost, "behind": min(behind), "name": source.name}))
        """,
        played,
        tmp_path / "captured.npy",
    )
    captured = np.load(tmp_path / "captured.npy").astype(int)
    reference = soundfile.read(played, dtype="int16")[0].astype(int)
    start = lag(captured, reference)
    present = captured[start : start + len(reference)]
    lost = present == 0  # once in 16,000 samples the noise is 0 itself
    assert result["name"] == "vmic"
    assert len(present) == len(reference)
    assert result["lost"] == pytest.approx(1.0 * SAMPLING_RATE, abs=0.15 * SAMPLING_RATE)
    assert lost.sum() == pytest.approx(result["lost"], abs=50)
    # Before and after the gap alike: one sample counted wrongly would misalign all that follows.
    assert (present != reference)[~lost].mean() < 0.001
    # of the last second the block that came soonest: a busy machine delivers others late
    assert result["behind"] == pytest.approx(0, abs=1024)


def test_a_suspended_source_is_counted_then_reported_and_closed_at_once(
    own_vmic: Environment,
) -> None:
    result = child(
        own_vmic,
        """
        source = Microphone("vmic")
        source.open()
        blocks = iter(source)
        first = next(blocks)
        samples = lost = 0
        suspended = False
        for block in blocks:
            samples += len(block.samples) + block.lost
            lost += block.lost
            elapsed = block.arrival - first.arrival
            if elapsed > 0.5 and not suspended:
                pactl("suspend-source", "vmic", "1")
                time.sleep(1.0)
                pactl("suspend-source", "vmic", "0")
                suspended = True
            if elapsed > 2.2:
                break
        pactl("suspend-source", "vmic", "1")
        start = time.monotonic()
        try:
            for block in blocks:  # empty ones come meanwhile
                start = time.monotonic() if len(block.samples) else start
        except EdgeSerError as error:
            text = str(error)
        waited = time.monotonic() - start
        start = time.monotonic()
        source.close()
        closing = time.monotonic() - start
        pactl("suspend-source", "vmic", "0")
        print(json.dumps([samples, lost, elapsed, text, waited, closing]))
        """,
    )
    samples, lost, elapsed, text, waited, closing = result
    assert lost == pytest.approx(1.0 * SAMPLING_RATE, abs=0.2 * SAMPLING_RATE)
    assert samples == pytest.approx(elapsed * SAMPLING_RATE, abs=1024)
    assert text.startswith("the microphone vmic stopped delivering audio; ")
    assert waited == pytest.approx(3.0, abs=1.0)
    assert closing < 0.5


def test_reading_ends_on_close_on_ctrl_c_and_when_the_reader_leaves(
    own_vmic: Environment,
) -> None:
    seconds = child(
        own_vmic,
        """
        took = []

        def later(action):
            def run():
                time.sleep(0.5)
                took.append(-time.monotonic())
                action()
            threading.Thread(target=run).start()

        source = Microphone("vmic")
        with source:
            later(source.close)
            for block in source:
                pass
            took[-1] += time.monotonic()
        try:
            with source:  # it opens again, and waits when Ctrl-C comes
                next(iter(source))
                pactl("suspend-source", "vmic", "1")
                later(lambda: os.kill(os.getpid(), signal.SIGINT))
                for block in source:
                    pass
        except KeyboardInterrupt:
            took[-1] += time.monotonic()
        pactl("suspend-source", "vmic", "0")
        blocks = iter(source)
        next(blocks)
        took.append(-time.monotonic())
        blocks.close()
        took[-1] += time.monotonic()
        took.append(0.0 if source._stream is None else 99.0)
        print(json.dumps(took))
        """,
    )
    assert len(seconds) == 4
    assert all(0 <= took < 0.5 for took in seconds)


def test_a_microphone_without_16_khz_mono_is_resampled(vmic: Environment, tmp_path: Path) -> None:
    """The virtual device does any rate; asked for an impossible one, PortAudio refuses for real."""
    rng = np.random.default_rng(2)
    smooth = np.convolve(rng.standard_normal(SAMPLING_RATE), np.hanning(24), "same")
    reference = np.round(6000 * smooth / smooth.std()).clip(-32768, 32767).astype(np.int16)
    soundfile.write(tmp_path / "smooth.wav", reference, SAMPLING_RATE)
    result = child(
        vmic,
        """
        import sounddevice
        real, tried = sounddevice.InputStream, []

        def input_stream(**settings):
            tried.append([settings["samplerate"], settings["channels"]])
            if settings["samplerate"] == 16000:
                settings["samplerate"] = 500_000
            elif settings["channels"] == 1:
                settings["channels"] = 1000
            return real(**settings)

        sounddevice.InputStream = input_stream
        pieces, samples, player = [], 0, None
        with Microphone("vmic") as source:
            for block in source:
                pieces.append(block.samples)
                if player is None:
                    player, first = play(sys.argv[1]), block
                else:
                    samples += len(block.samples) + block.lost
                if block.arrival - first.arrival > 2.2:
                    break
        np.save(sys.argv[2], np.concatenate(pieces))
        print(json.dumps([tried, samples / (block.arrival - first.arrival)]))
        """,
        tmp_path / "smooth.wav",
        tmp_path / "captured.npy",
    )
    tried, rate = result
    assert tried == [[16000, 1], [16000, 2], [16000, 32], [44100, 1], [44100, 2]]
    assert rate == pytest.approx(SAMPLING_RATE, rel=0.02)
    captured = np.load(tmp_path / "captured.npy").astype(float)
    start = lag(captured, reference.astype(float))
    present = captured[start : start + len(reference)]
    assert np.corrcoef(present, reference[: len(present)])[0, 1] > 0.98


def test_unknown_devices_are_errors_that_list_the_known_ones(vmic: Environment) -> None:
    texts = child(
        vmic,
        """
        def error(device):
            try:
                with Microphone(device):
                    return None
            except EdgeSerError as error:
                return str(error)

        index = next(d.index for d in list_devices() if d.name == "vmic")
        print(json.dumps([error(d) for d in ("nope", 99, "99", "", "VMI", index, str(index))]))
        """,
    )
    unknown, by_index, by_text, ambiguous, *found = texts
    assert unknown.startswith("there is no microphone 'nope'; choose one of: ")
    assert by_index == by_text
    assert by_index.startswith("there is no microphone '99'; ")
    assert ambiguous.startswith("more than one microphone is called ''; choose by index: ")
    assert all("(vmic)" in text for text in (unknown, by_index, ambiguous))
    assert found == [None, None, None]


def test_no_microphone_at_all(libportaudio: None, tmp_path: Path) -> None:
    (tmp_path / "asound.conf").write_text("pcm.absent { type hw card 31 }\n")
    environment = os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")}
    devices, text = child(
        environment,
        """
        try:
            next(iter(Microphone()))
        except EdgeSerError as error:
            print(json.dumps([list_devices(), str(error)]))
        """,
    )
    assert devices == []
    assert text.startswith("no microphone found; ")


def test_a_channel_that_the_microphone_lacks(vmic: Environment) -> None:
    heard, told = child(
        vmic,
        """
        with Microphone("vmic", 1) as source:
            heard = max(len(block.samples) for block, _ in zip(source, range(5)))
        try:
            Microphone("vmic", 99).open()
        except EdgeSerError as error:
            print(json.dumps([heard, str(error)]))
        """,
    )
    assert heard > 0
    assert "has no channel 99; choose one of its " in told


@pytest.mark.parametrize(
    ("wanted", "now", "found"),
    [
        ("usb pnp", ["USB PnP: Audio (hw:2,0)"], 0),
        ("3", ["Other (hw:0,0)", "USB PnP: Audio (hw:2,0)"], 1),
        ("USB PnP: Audio (hw:1,0)", ["Other (hw:1,0)", "USB PnP: Audio (hw:2,0)"], 1),
        ("usb", ["USB PnP: Audio (hw:1,0)", "Another USB (hw:2,0)"], 0),
        ("3", ["Other (hw:0,0)"], None),
    ],
)
def test_a_lost_device_is_found_by_its_name_under_any_number(
    wanted: str, now: list[str], found: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [devices.Device(i, name, 1, 48_000, i == 0) for i, name in enumerate(now)]
    monkeypatch.setattr(devices, "list_devices", lambda: listed)
    lost = "USB PnP: Audio (hw:1,0)"
    if found is None:
        with pytest.raises(EdgeSerError, match=r"there is no microphone 'USB PnP.*; choose one"):
            devices.find_device(wanted, lost)
    else:
        assert devices.find_device(wanted, lost).index == found


def test_a_missing_portaudio_is_named_with_the_command_that_installs_it() -> None:
    texts = child(
        dict(os.environ),
        """
        import ctypes.util
        ctypes.util.find_library = lambda name: None  # what a system without it answers
        texts = []
        for action in (list_devices, Microphone().open):
            try:
                action()
            except EdgeSerError as error:
                texts.append(str(error))
        print(json.dumps(texts))
        """,
    )
    assert len(texts) == 2
    assert all("sudo apt install libportaudio2" in text for text in texts)


def test_listen_hears_from_the_microphone_what_it_hears_in_the_file(
    vmic: Environment, corpora: Path, tmp_path: Path
) -> None:
    listen = [sys.executable, "-m", "edge_ser.cli", "listen", "--json", "--no-adapt"]
    clips = [corpora / clip for clip in CLIPS]
    expected = []
    for clip in clips:
        done = subprocess.run(
            [*listen, "--input", clip], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert len(utterances(done.stdout)) == 1, done.stdout
        expected += utterances(done.stdout)

    pause = 1.2
    length = sum(soundfile.info(clip).duration + pause for clip in clips)
    out, err = tmp_path / "stdout", tmp_path / "stderr"
    with out.open("w") as stdout, err.open("w") as stderr:
        listener = subprocess.Popen(
            [*listen, "--device", "vmic", "--duration", str(round(length + 4))],
            cwd=ROOT,
            env=vmic,
            stdout=stdout,
            stderr=stderr,
        )
    try:
        deadline = time.monotonic() + 30
        while "listening" not in err.read_text().lower():
            assert listener.poll() is None, err.read_text()
            assert time.monotonic() < deadline, err.read_text()
            time.sleep(0.05)
        time.sleep(0.5)
        for clip in clips:
            subprocess.run(["paplay", "--device=play", clip], env=vmic, check=True)
            time.sleep(pause)
        assert listener.wait(timeout=30) == 0, err.read_text()
    finally:
        listener.kill()
        listener.wait()
    assert "vmic" in err.read_text()
    heard = utterances(out.read_text())
    assert [event["emotion"] for event in heard] == [event["emotion"] for event in expected]
    for event, reference in zip(heard, expected, strict=True):
        assert event["probabilities"] == pytest.approx(reference["probabilities"], abs=0.1)
        assert event["dropped"] == 0
