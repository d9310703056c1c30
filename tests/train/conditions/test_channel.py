"""Rooms, microphones and codecs do to a signal what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_ser.errors import EdgeSerError
from train import corpora as readers
from train.conditions import augment, effects
from train.conditions.channel import KNOWN_EFFECTS, Channel
from train.conditions.rooms import Room, simulate
from train.conditions.seeding import seeded
from train.conditions.sounds import Sounds, impulse_response, noise_piece
from train.features.audio import samples

RATE = 16_000


@pytest.fixture(scope="module")
def sounds(corpora: Path) -> Sounds:
    return Sounds.of(corpora / "sounds", "training")


@pytest.fixture(scope="module")
def clips(corpora: Path) -> list[np.ndarray]:
    rows = readers.read("emodb", corpora / "emodb")
    return [samples(row) for row in rows[:120:15]]


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def decibels(signal: np.ndarray) -> float:
    middle = signal[len(signal) // 4 : -len(signal) // 4]
    return 10 * np.log10(np.mean(middle**2) / 0.125)


def test_no_sound_is_in_both_halves_and_no_place(corpora: Path, sounds: Sounds) -> None:
    test = Sounds.of(corpora / "sounds", "test")
    assert not {*sounds.noises, *sounds.rooms} & {*test.noises, *test.rooms}
    assert len(sounds.noises) + len(test.noises) == 622
    assert len(sounds.rooms) + len(test.rooms) == 37
    patrington = [path for path in (*sounds.rooms, *test.rooms) if "patrington" in path.stem]
    assert len(patrington) == 3
    assert len([path for path in sounds.rooms if path in patrington]) in (0, 3)
    assert sounds.digest != test.digest


def test_permissive_sounds_are_some_of_the_same_half(corpora: Path, sounds: Sounds) -> None:
    some = Sounds.of(corpora / "sounds", "training", permissive=True)
    assert {path.parent.name for path in some.noises} == {"esc-10"}
    assert {path.stem for path in some.rooms} == {
        *("echo-chamber_001", "kitchen-true-stereo_001", "omni-35-10_001"),
        "super-ceiling-35-10_001",
    }
    assert {*some.noises, *some.rooms} < {*sounds.noises, *sounds.rooms}
    assert some.digest != sounds.digest


def test_a_folder_without_sounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EdgeSerError, match="needs noises in folders, and impulse responses"):
        Sounds.of(tmp_path, "training")


def test_bands() -> None:
    for frequency, low, high, kept in (
        (200, 0, 3500, True),
        (3000, 0, 3500, True),
        (6000, 0, 3500, False),
        (100, 300, 3400, False),
        (1000, 300, 3400, True),
        (5000, 300, 3400, False),
    ):
        level = decibels(effects.limit_band(tone(frequency), low, high))
        assert (level > -3) if kept else (level < -12), frequency


def test_equaliser_and_speed_and_codec() -> None:
    gains = (0, 0, 0, 6, -6, 0, 0)
    assert decibels(effects.equalise(tone(1000), gains)) == pytest.approx(6, abs=0.5)
    assert decibels(effects.equalise(tone(2000), gains)) == pytest.approx(-6, abs=0.7)
    faster = effects.change_speed(tone(440), 1.05)
    assert len(faster) == pytest.approx(RATE / 1.05, abs=2)
    peak = np.fft.rfftfreq(len(faster), 1 / RATE)[np.abs(np.fft.rfft(faster)).argmax()]
    assert peak == pytest.approx(440 * 1.05, abs=1)
    encoded = effects.encode(tone(440), 0.9)
    assert decibels(encoded) == pytest.approx(0, abs=1)
    assert not np.array_equal(encoded, tone(440))


def test_a_room_echoes_after_the_direct_sound(sounds: Sounds) -> None:
    response = impulse_response(sounds.rooms[0])
    assert np.sum(response**2) == pytest.approx(1)
    assert np.abs(response).argmax() <= 16
    click = np.zeros(RATE)
    click[100] = 1.0
    dry, wet = (effects.reverberate(click, response, share) for share in (0.0, 1.0))
    np.testing.assert_array_equal(dry, np.pad(click, (0, RATE // 2)))
    np.testing.assert_allclose(wet[:100], 0, atol=1e-9)
    assert np.sum(wet[200:] ** 2) > 0.001


def test_noises_are_cut_or_repeated(sounds: Sounds) -> None:
    random = np.random.default_rng(0)
    assert noise_piece(sounds.noises[0], 1000, random).shape == (1000,)
    long = noise_piece(sounds.noises[0], 20 * RATE, random)
    assert long.shape == (20 * RATE,)
    assert np.abs(long).max() <= 1


def test_a_speaker_has_one_channel_and_every_clip_its_own_noise(
    sounds: Sounds, clips: list[np.ndarray]
) -> None:
    def heard(number: int, speaker: str, clip: int) -> np.ndarray:
        variant = augment.channel(number)
        return augment.apply(clips[clip], variant, f"{clip}", clips[2:8], speaker, sounds)

    np.testing.assert_array_equal(heard(0, "a", 0), heard(0, "a", 0))
    assert not np.array_equal(heard(0, "a", 0), heard(0, "b", 0))
    assert not np.array_equal(heard(0, "a", 0), heard(1, "a", 0))
    drawn = [
        Channel.draw(sounds, seeded(f"{name}/channel:0")) for name in "abcdefghijklmnopqrst" * 20
    ]
    assert drawn[0] == drawn[20]
    drawn = [Channel.draw(sounds, seeded(f"{number}/channel:0")) for number in range(400)]
    for share, chosen in (
        (0.5, [c.room is not None for c in drawn]),
        (0.7, [c.noise is not None for c in drawn]),
        (0.5, [c.band is not None for c in drawn]),
        (0.1, [c.overdrive is not None for c in drawn]),
    ):
        assert np.mean(chosen) == pytest.approx(share, abs=0.08)
    only = [Channel.draw(sounds, seeded(f"{n}/channel:0"), ["room"]) for n in range(400)]
    assert [c.room for c in only] == [c.room for c in drawn]
    assert {(c.speed, c.noise, c.band, c.gains, c.gain, c.overdrive) for c in only} == {
        (1.0, None, None, None, 0.0, None)
    }
    for number in range(30):
        transmitted = heard(number, "a", number % 2)
        assert transmitted.dtype == np.int16
        assert len(transmitted) > 0.9 * len(clips[number % 2])
        assert np.abs(transmitted.astype(int)).max() > 0


def test_some_rooms_are_simulated_and_nothing_else_changes(sounds: Sounds) -> None:
    seeds = [f"speaker/{number}" for number in range(100)]
    recorded = [Channel.draw(sounds, seeded(seed)) for seed in seeds]
    mixed = [Channel.draw(sounds, seeded(seed), KNOWN_EFFECTS) for seed in seeds]
    rooms = [channel.room for channel in mixed if channel.room]
    assert len(rooms) == sum(channel.room is not None for channel in recorded)
    assert 0.45 < np.mean([isinstance(room, Room) for room in rooms]) < 0.75
    assert [replace(channel, room=None) for channel in mixed] == [
        replace(channel, room=None) for channel in recorded
    ]


def test_hard_walls_echo_longer() -> None:
    places = (1.0, 1.5, 1.6), (3.0, 2.5, 1.2)
    soft, hard = (simulate(Room((5.0, 4.0, 2.5), share, *places)) for share in (0.5, 0.1))
    for response in (soft, hard):
        assert np.sum(response**2) == pytest.approx(1)
        assert np.abs(response).argmax() == 16  # a millisecond before the direct sound
    after = RATE // 5
    assert np.sum(soft[after:] ** 2) < 1e-3 < 0.02 < np.sum(hard[after:] ** 2)


def test_drawn_rooms_hold_both_places() -> None:
    for seed in range(50):
        room = Room.draw(np.random.default_rng(seed))
        for place in (room.speaker, room.microphone):
            assert all(0.3 <= x <= side - 0.3 for x, side in zip(place, room.size, strict=True))
        assert 0.05 <= room.absorption <= 0.6
