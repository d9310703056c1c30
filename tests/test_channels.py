"""Which of a recording's channels are heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioSignal
from edge_ser.audio.convert import Converter
from edge_ser.cli import main
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError

SPEECH = soundfile.read(DEMO)[0]
NOISE = np.random.default_rng(0).standard_normal(len(SPEECH))
HALF = len(SPEECH) // 2


def heard(*channels: np.ndarray, only: int | None = None) -> np.ndarray:
    source = AudioSignal(np.stack(channels, 1), SAMPLING_RATE, only)
    return np.concatenate([block.samples for block in source]) / 32_768


def test_opposite_polarity_does_not_cancel() -> None:
    np.testing.assert_allclose(heard(SPEECH, -SPEECH), SPEECH, atol=1e-4)
    np.testing.assert_allclose(heard(SPEECH, -0.9 * SPEECH), SPEECH, atol=1e-4)


def test_a_silent_channel_does_not_count() -> None:
    np.testing.assert_allclose(heard(0 * SPEECH, SPEECH), SPEECH, atol=1e-4)
    found = heard(SPEECH, 1e-5 * NOISE)
    speech = np.flatnonzero(SPEECH)[0] + 200
    np.testing.assert_allclose(found[speech:], SPEECH[speech:], atol=1e-4)
    assert not heard(0 * SPEECH, 0 * SPEECH).any()


def test_what_an_array_plays_is_left_out() -> None:
    room = [SPEECH + 0.002 * np.roll(NOISE, 100 * i) for i in range(5)]
    found, speech = heard(*room, 0.15 * NOISE), np.flatnonzero(SPEECH)[0] + 3200
    np.testing.assert_allclose(found[speech:], np.mean(room, axis=0)[speech:], atol=1e-4)


def test_two_voices_on_two_channels_are_both_heard() -> None:
    other = np.roll(SPEECH, HALF)
    found = heard(SPEECH, other)
    for voice in (SPEECH, other):
        assert voice @ found / (voice @ voice) > 0.49


def test_what_was_right_may_change() -> None:
    """A microphone is muted halfway; from there on the other is heard alone, without a click."""
    twice, half = np.tile(SPEECH, 2), len(SPEECH)
    muted = twice.copy()
    muted[half:] = 0
    found = heard(twice, muted)
    np.testing.assert_allclose(found[:half], twice[:half], atol=1e-4)
    later = half + 20 * SAMPLING_RATE
    assert later < len(twice)
    np.testing.assert_allclose(found[later:], twice[later:], atol=1e-4)
    steps = np.abs(np.diff(found - twice))
    assert steps.max() < np.abs(np.diff(SPEECH)).max()


@pytest.mark.parametrize("size", [1, 77, 1600, 4410])
def test_the_mix_does_not_depend_on_the_pieces(size: int) -> None:
    frames = np.stack([SPEECH, 0 * SPEECH, np.roll(SPEECH, 50)], 1)[: 30_000 if size == 1 else None]
    whole, cut = (Converter(48_000, "signal") for _ in range(2))
    at_once = np.concatenate([whole.push(frames), whole.flush()])
    starts = range(0, len(frames), size)
    pieces = [cut.push(frames[start : start + size]) for start in starts]
    np.testing.assert_array_equal(np.concatenate([*pieces, cut.flush()]), at_once)


def test_one_channel_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.testing.assert_allclose(heard(NOISE, SPEECH, only=2), SPEECH, atol=1e-4)
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([0.1 * NOISE, SPEECH], 1), SAMPLING_RATE)
    with pytest.raises(EdgeSerError, match="has no channel 3; choose one of its 2 with --channel"):
        list(AudioFile(path, channel=3))
    assert main(["classify", str(DEMO)]) == 0
    told = capsys.readouterr().out.replace(str(DEMO), str(path))
    assert main(["classify", str(path), "--channel", "2"]) == 0
    assert capsys.readouterr().out == told
    assert main(["classify", str(path), "--channel", "0"]) == 2
    assert "'0' is not a number from 1 on" in capsys.readouterr().err
