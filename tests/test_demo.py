"""The demo clip: ours, small, and what its script makes."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest
import soundfile

from device.make_demo import PAUSE, PHRASES, SAMPLING_RATE, make
from edge_ser.demo import PATH


def test_it_is_small_and_needs_no_resampling() -> None:
    info = soundfile.info(PATH)
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLING_RATE, 1, "PCM_16")
    assert 15 <= info.duration <= 20
    assert PATH.stat().st_size <= 300_000


def test_pauses_separate_the_phrases() -> None:
    clip, _ = soundfile.read(PATH, dtype="int16")
    sound = np.flatnonzero(clip)
    gaps = np.diff(sound, prepend=0, append=len(clip)) / SAMPLING_RATE
    assert np.count_nonzero(gaps >= PAUSE - 0.01) == len(PHRASES) + 1
    assert np.sort(gaps)[-len(PHRASES) - 2] < 0.5  # no other that could end an utterance


def test_the_script_makes_it() -> None:
    try:
        version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True).stdout
    except FileNotFoundError:
        if os.environ.get("CI") == "true":
            pytest.fail("espeak-ng is missing")
        pytest.skip("espeak-ng is missing")
    if "1.51" not in version:
        pytest.skip(f"another espeak-ng made the clip: {version.strip()}")
    clip, _ = soundfile.read(PATH, dtype="int16")
    np.testing.assert_array_equal(make(), clip)
