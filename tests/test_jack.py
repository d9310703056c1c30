"""A sound card with a rate of its own and real overflows: JACK's dummy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.virtual import Environment, child, unavailable

pytestmark = pytest.mark.system


@contextmanager
def jack(folder: Path, rate: int) -> Iterator[Environment]:
    """Environment in which PortAudio finds one microphone of JACK's."""
    if shutil.which("jackd") is None:
        unavailable("jackd is missing (jackd2)")
    (folder / "asound.conf").write_text("pcm.absent { type hw card 31 }\n")
    environment = os.environ | {
        "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        "JACK_DEFAULT_SERVER": folder.name,
        "JACK_NO_AUDIO_RESERVATION": "1",
        "JACK_NO_START_SERVER": "1",
    }
    command = ["jackd", "--name", folder.name, "--no-realtime", "-d", "dummy"]
    with (
        (folder / "jack.log").open("w") as log,
        subprocess.Popen(
            [*command, "-r", str(rate), "-p", "512", "-C", "1", "-P", "1"],
            env=environment,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            subprocess.run(["jack_wait", "-w", "-t", "10"], env=environment, check=True)
            yield environment
        finally:
            process.terminate()


def test_an_overflow_is_lost_audio(libportaudio: None, tmp_path: Path) -> None:
    with jack(tmp_path, 16_000) as environment:
        losses, samples, seconds = child(
            environment,
            """
            take, calls = microphone._Capture.__call__, []

            def slow(self, *arguments):
                calls.append(arguments[3].input_overflow)
                take(self, *arguments)
                if len(calls) == 30:
                    time.sleep(0.5)

            microphone._Capture.__call__ = slow
            with Microphone() as source:
                blocks = iter(source)
                first = next(blocks)
                losses, samples = [], 0
                for block in blocks:
                    samples += len(block.samples) + block.lost
                    if block.lost:
                        losses.append(block.lost)
                    if block.arrival - first.arrival > 3:
                        break
            assert any(calls), "JACK has flagged no overflow"
            print(json.dumps([losses, samples, block.arrival - first.arrival]))
            """,
        )
    assert len(losses) >= 1
    assert sum(losses) == pytest.approx(0.5 * 16_000, rel=0.5)
    assert samples == pytest.approx(seconds * 16_000, rel=0.1)


def test_a_card_that_refuses_16_khz_is_resampled(libportaudio: None, tmp_path: Path) -> None:
    with jack(tmp_path, 44_100) as environment:
        refused, rate, samples, seconds = child(
            environment,
            """
            import sounddevice
            try:
                sounddevice.InputStream(samplerate=16_000, channels=1)
            except sounddevice.PortAudioError as error:
                refused = error.args[1]
            samples = 0
            with Microphone() as source:
                rate = source._capture.rate
                blocks = iter(source)
                first = next(blocks)
                for block in blocks:
                    samples += len(block.samples) + block.lost
                    if block.arrival - first.arrival > 3:
                        break
            print(json.dumps([refused, rate, samples, block.arrival - first.arrival]))
            """,
        )
    assert (refused, rate) == (-9997, 44_100)
    assert samples == pytest.approx(seconds * 16_000, rel=0.05)
