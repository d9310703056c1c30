from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_ser.audio import AudioFile
from edge_ser.errors import EdgeSerError
from train import augment


def tone_with_pauses() -> np.ndarray:
    seconds = np.arange(48_000) / 16_000
    return np.where((seconds > 1) & (seconds < 2), 0.4 * np.sin(2 * np.pi * 220 * seconds), 0.0)


def test_active_speech_leaves_out_the_pauses() -> None:
    assert augment.active_rms(tone_with_pauses()) == pytest.approx(0.4 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("snr", [20, 10])
def test_signal_to_noise_ratio_is_what_was_asked(snr: int) -> None:
    signal = tone_with_pauses()
    noise = augment.apply(signal, augment.noise(snr), "clip") - signal
    measured = 20 * np.log10(augment.active_rms(signal) / np.sqrt(np.mean(noise**2)))
    assert measured == pytest.approx(snr, abs=0.2)
    for part in np.array_split(noise, 3):  # over the pauses too
        assert np.std(part) == pytest.approx(np.std(noise), rel=0.05)


def test_on_real_speech_too(corpora: Path) -> None:
    path = sorted((corpora / "emodb").rglob("*.flac"))[0]
    signal = np.concatenate([block.samples for block in AudioFile(path)]) / 32768
    noisy = augment.apply(signal, augment.noise(10), "clip")
    scale = np.dot(noisy, signal) / np.dot(signal, signal)  # louder than 1.0 would have clipped
    noise = noisy / scale - signal
    measured = 20 * np.log10(augment.active_rms(signal) / np.sqrt(np.mean(noise**2)))
    assert measured == pytest.approx(10, abs=0.3)
    assert np.abs(noisy).max() <= 1.0


def test_copies_differ_but_stay_what_they_are() -> None:
    signal = tone_with_pauses()
    copies = [augment.apply(signal, augment.copy(number), "clip") for number in range(40)]
    again = augment.apply(signal, augment.copy(3), "clip")
    np.testing.assert_array_equal(copies[3], again)
    assert len({tuple(copy[20_000:20_050]) for copy in copies}) == 40
    other = augment.apply(signal, augment.copy(0), "other")
    assert not np.array_equal(copies[0][20_000:20_050], other[20_000:20_050])
    assert max(np.abs(copy).max() for copy in copies) <= 0.99 + 1e-9
    assert 5 <= sum(not copy[-8_000:].any() for copy in copies) <= 22  # noiseless: a third of 40


def test_levels() -> None:
    signal = tone_with_pauses()
    assert augment.change_level(signal, -20.0).max() == pytest.approx(signal.max() / 10)
    assert augment.change_level(signal, 20.0).max() == pytest.approx(0.99)
    silence = np.zeros(100)
    np.testing.assert_array_equal(augment.apply(silence, "noise:10", "clip"), silence)


def test_unknown_variant() -> None:
    assert augment.apply(np.ones(3), "clean", "clip").tolist() == [1, 1, 1]
    with pytest.raises(EdgeSerError, match="no variant 'loud'"):
        augment.apply(np.ones(3), "loud", "clip")
