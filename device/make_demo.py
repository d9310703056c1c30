"""Make the bundled demo clip, in which espeak-ng speaks one phrase in each of the four emotions.

    python device/make_demo.py

It needs espeak-ng (``sudo apt install espeak-ng``). Nothing is random, so the same version of
espeak-ng always gives the same samples. The emotions are imitated by speed, pitch, pitch range and
loudness, after Scherer (2003), "Vocal communication of emotion", table 2. Nobody was recorded, and
espeak-ng's licence does not cover its output.
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLING_RATE = 16_000
PAUSE = 1.2
"""Seconds of silence between two phrases: well over the pause that ends an utterance."""

OUTPUT = Path(__file__).resolve().parents[1] / "edge_ser" / "demo" / "demo.flac"


@dataclass(frozen=True)
class Phrase:
    """A phrase and how to speak it.

    Args:
        text: the words, spoken without a pause, which would end the utterance.
        voice: an espeak-ng voice and variant.
        speed: words per minute.
        pitch: 0 to 99; espeak-ng's default is 50.
        pitch_range: SSML range in percent of the default.
        peak: largest absolute sample; full scale is 1.
    """

    text: str
    voice: str
    speed: int
    pitch: int
    pitch_range: int
    peak: float


PHRASES = (
    Phrase("I will meet you at the station at half past seven.", "en-us+m3", 160, 45, 90, 0.35),
    Phrase("I told you to leave me alone and get out of here!", "en-us+m7", 205, 65, 150, 0.95),
    Phrase("We won the game and everybody is coming to the party!", "en-us+f2", 190, 75, 200, 0.6),
    Phrase("There is nobody left in the house any more.", "en-us+f5", 110, 25, 40, 0.18),
)


def speak(phrase: Phrase) -> NDArray[np.float64]:
    """Synthesise ``phrase`` at 16 kHz, without silence at either end.

    Raises:
        CalledProcessError: espeak-ng failed.
        FileNotFoundError: espeak-ng is not installed.
    """
    ssml = f'<prosody range="{phrase.pitch_range}%">{phrase.text}</prosody>'
    options = ["-v", phrase.voice, "-s", str(phrase.speed), "-p", str(phrase.pitch)]
    wav = subprocess.run(
        ["espeak-ng", "--stdout", "-z", "-m", *options, ssml], check=True, stdout=subprocess.PIPE
    ).stdout
    signal, rate = soundfile.read(io.BytesIO(wav))
    signal = soxr.resample(signal, rate, SAMPLING_RATE)
    loud = np.flatnonzero(np.abs(signal) > 0.01 * np.abs(signal).max())
    signal = signal[loud[0] : loud[-1] + 1]
    return signal * (phrase.peak / np.abs(signal).max())


def make() -> NDArray[np.int16]:
    """Make the clip, int16 at 16 kHz: a pause, then each phrase followed by a pause."""
    pause = np.zeros(round(PAUSE * SAMPLING_RATE))
    pieces = [pause, *(piece for phrase in PHRASES for piece in (speak(phrase), pause))]
    return np.round(np.concatenate(pieces) * 32767).astype(np.int16)


def main() -> int:
    """Write the clip; return the exit code."""
    try:
        clip = make()
    except FileNotFoundError:
        sys.exit("make_demo: espeak-ng is missing: sudo apt install espeak-ng")
    soundfile.write(OUTPUT, clip, SAMPLING_RATE, compression_level=1.0)
    seconds, size = len(clip) / SAMPLING_RATE, OUTPUT.stat().st_size
    sys.stdout.write(f"{OUTPUT}: {seconds:.1f} s, {size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
