from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_ser.errors import EdgeSerError
from train import corpora as readers
from train.conditions import augment, noise
from train.features.audio import samples

Samples = NDArray[np.int16]


def tone_with_pauses() -> Samples:
    seconds = np.arange(48_000) / 16_000
    tone = np.where((seconds > 1) & (seconds < 2), 0.4 * np.sin(2 * np.pi * 220 * seconds), 0.0)
    return np.round(32_767 * tone).astype(np.int16)


@pytest.fixture(scope="module")
def speech(corpora: Path) -> list[Samples]:
    """Load a clip each of nine speakers from three corpora, quiet enough not to clip with noise."""
    clips = []
    for name in ("ravdess", "emodb", "nemo"):
        people = {row.speaker: row for row in readers.read(name, corpora / name)}
        clips += [samples(people[speaker]) for speaker in sorted(people)[:3]]
    return [np.round(clip * (6_000 / np.abs(clip).max())).astype(np.int16) for clip in clips]


def added(clip: Samples, variant: str, voices: list[Samples]) -> NDArray[np.float64]:
    """Return the signal that ``variant`` adds to the clip, from -1 to 1."""
    return augment.apply(clip, variant, "clip", voices) / 32_767 - clip / 32_768


def rms(signal: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(signal**2)))


def test_active_speech_leaves_out_the_pauses() -> None:
    signal = tone_with_pauses() / 32_768
    assert noise.active_rms(signal) == pytest.approx(0.4 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("kind", ["noise", "pink", "babble"])
@pytest.mark.parametrize("snr", [20, 5, 0])
def test_signal_to_noise_ratio_on_real_speech(speech: list[Samples], kind: str, snr: int) -> None:
    for clip in speech[::3]:
        voices = [other for other in speech if other is not clip][:6]
        level = rms(added(clip, f"{kind}:{snr}", voices))
        measured = 20 * np.log10(noise.active_rms(clip / 32_768) / level)
        assert measured == pytest.approx(snr, abs=0.1)


def test_noise_over_the_pauses_too() -> None:
    signal = tone_with_pauses()
    for variant in ("noise:20", "pink:20"):
        over = added(signal, variant, [])
        for part in np.array_split(over, 3):
            assert rms(part) == pytest.approx(rms(over), rel=0.15)


def test_noise_never_clips(speech: list[Samples]) -> None:
    loud = np.round(speech[0] * 5.4).astype(np.int16)
    for variant in ("noise:0", "pink:0", "babble:0"):
        noisy = augment.apply(loud, variant, "clip", speech[1:7])
        assert np.abs(noisy.astype(int)).max() == pytest.approx(0.99 * 32_767, abs=1)
        assert len(noisy) == len(loud)


@pytest.mark.parametrize(("kind", "slope"), [("noise", 0.0), ("pink", -10.0)])
def test_spectrum(kind: str, slope: float) -> None:
    seconds = np.arange(20 * 16_000) / 16_000
    tone = np.round(8_000 * np.sin(2 * np.pi * 220 * seconds)).astype(np.int16)
    density = np.abs(np.fft.rfft(added(tone, f"{kind}:10", []))) ** 2
    frequencies = np.fft.rfftfreq(len(tone), 1 / 16_000)
    centres = 31.25 * np.sqrt(2) * 2.0 ** np.arange(8)  # octaves from 31 Hz to 8 kHz
    levels = [
        10 * np.log10(density[(frequencies >= c / 2**0.5) & (frequencies < c * 2**0.5)].mean())
        for c in centres
    ]
    measured, level = np.polyfit(np.log10(centres), levels, 1)  # dB per decade
    assert measured == pytest.approx(slope, abs=0.3)
    np.testing.assert_allclose(levels, level + measured * np.log10(centres), atol=0.5)
    if kind == "pink":
        below = density[frequencies < 19].sum() / density.sum()
        assert below < 1e-4  # power that would otherwise depend on the clip's length


def test_babble_is_all_the_voices_at_one_level_and_to_the_end(speech: list[Samples]) -> None:
    middles = [len(voice) // 2 for voice in speech]  # a part in which each speaks
    cut = [v[m - 4_000 : m + 4_000] for v, m in zip(speech, middles, strict=True)]
    clip, voices = speech[0], cut[1:7]
    babble = added(clip, "babble:0", voices)
    assert len(babble) > 3 * 8_000
    np.testing.assert_allclose(babble[8_000:16_000], babble[:8_000], atol=1e-4)  # repeated
    spectrum = np.fft.rfft(babble[:8_000])
    shares = []
    for voice in voices:
        matched = np.fft.irfft(spectrum * np.conj(np.fft.rfft(voice / 32_768)))
        level = noise.active_rms(voice / 32_768)
        shares.append(matched.max() / np.sum((voice / 32_768) ** 2) * level)
    np.testing.assert_allclose(shares, np.mean(shares), rtol=0.25)  # other voices add to each
    louder = [voice if i else voice // 4 for i, voice in enumerate(voices)]
    np.testing.assert_allclose(added(clip, "babble:0", louder), babble, atol=2e-3)
    other = [*voices[:5], cut[7]]
    assert not np.allclose(added(clip, "babble:0", other), babble, atol=1e-2)


def test_white_noise_and_copies_are_the_samples_that_caches_hold(speech: list[Samples]) -> None:
    clip = speech[0]
    signal = clip / 32_768.0
    random = np.random.default_rng(list(sha256(b"clip/noise:10").digest()))
    noisy = signal + random.standard_normal(len(clip)) * noise.active_rms(signal) * 10**-0.5
    np.testing.assert_array_equal(
        augment.apply(clip, augment.noise(10), "clip"), np.round(noisy * 32_767)
    )
    random = np.random.default_rng(list(sha256(b"clip/copy:0").digest()))
    gain, snr = random.uniform(-6, 6), random.uniform(5, 30)
    later = np.concatenate([np.zeros(random.integers(1600)), signal])
    assert random.random() >= 1 / 3  # a copy with noise
    noisy = later + random.standard_normal(len(later)) * noise.active_rms(later) * 10 ** (-snr / 20)
    np.testing.assert_array_equal(
        augment.apply(clip, augment.copy(0), "clip"), np.round(noisy * 10 ** (gain / 20) * 32_767)
    )


@pytest.mark.parametrize("variant", ["noise:10", "pink:10", "babble:10", "silence:30", "copy:3"])
def test_the_same_for_the_same_clip_only(speech: list[Samples], variant: str) -> None:
    clip, voices = speech[0], speech[1:7]
    first = augment.apply(clip, variant, "clip", voices)
    np.testing.assert_array_equal(first, augment.apply(clip, variant, "clip", voices))
    assert not np.array_equal(first, augment.apply(clip, variant, "other", voices))


@pytest.mark.parametrize("percent", [1, 20, 50])
def test_inserted_silence(speech: list[Samples], percent: int) -> None:
    lengths, distances = [], []
    for number, clip in enumerate(speech):
        speaking = np.where(clip == 0, 1, clip).astype(np.int16)  # every zero is inserted
        longer = augment.apply(speaking, f"silence:{percent}", str(number))
        assert longer.dtype == np.int16
        np.testing.assert_array_equal(longer[longer != 0], speaking)
        assert len(longer) == pytest.approx(len(clip) / (1 - percent / 100), abs=1)
        edges = np.flatnonzero(np.diff(longer == 0))
        pieces, between = np.diff(edges)[::2], np.diff(edges)[1::2]
        if percent > 1:  # 1 % of a short clip is shorter than a piece
            assert pieces.min() >= 799
        assert pieces.max() <= 4_801
        assert pieces.sum() == (longer == 0).sum()
        assert between.min(initial=1_280) >= 1_280
        steps = np.maximum(np.abs(longer[edges[::2]]), np.abs(longer[edges[1::2] + 1]))
        assert steps.max() <= np.abs(clip).max() / 10  # no click
        lengths += pieces.tolist()
        distances += between.tolist()
    if percent > 1:
        assert np.std(lengths) > 800  # not all equal
        assert np.std(distances) > 800


def test_no_silence_asked_for_and_hardly_a_clip(speech: list[Samples]) -> None:
    assert augment.apply(speech[0], "silence:0", "clip") is speech[0]
    for length in (1, 2, 500, 3_000):
        short = np.arange(1, length + 1, dtype=np.int16)
        longer = augment.apply(short, "silence:50", "clip")
        np.testing.assert_array_equal(longer[longer != 0], short)
        assert len(longer) == 2 * length


def test_copies_differ_but_stay_what_they_are() -> None:
    signal = tone_with_pauses()
    copies = [augment.apply(signal, augment.copy(number), "clip") for number in range(40)]
    assert len({tuple(copy[20_000:20_050]) for copy in copies}) == 40
    assert max(np.abs(copy).max() for copy in copies) <= 0.99 * 32_767 + 1
    assert 5 <= sum(not copy[-8_000:].any() for copy in copies) <= 22  # a third of 40 are clean


def test_levels() -> None:
    signal = tone_with_pauses() / 32_768
    assert augment.change_level(signal, -20.0).max() == pytest.approx(signal.max() / 10)
    assert augment.change_level(signal, 20.0).max() == pytest.approx(0.99)
    silence = np.zeros(1_000, np.int16)
    for variant in ("noise:10", "pink:10", "babble:10"):
        heard = augment.apply(silence, variant, "clip", [silence] * 6)
        np.testing.assert_array_equal(heard, silence)


@pytest.mark.parametrize("variant", ["loud", "silence:51", "silence:-1", "pink", "babble:x"])
def test_unknown_variant(variant: str) -> None:
    clip = np.ones(3, np.int16)
    assert augment.apply(clip, "clean", "clip") is clip
    with pytest.raises(EdgeSerError, match=f"no variant '{variant}'; there are clean, noise:SNR"):
        augment.apply(clip, variant, "clip")


def test_conditions_of_the_command_line() -> None:
    for word, variant in [("20", "noise:20"), (" 5", "noise:5"), ("+10", "noise:10")]:
        assert augment.condition(word) == variant
    for word in ("clean", "noise:0", "pink:10", "babble:-5", "silence:0", "silence:50"):
        assert augment.condition(word) == word
    for word in ("loud", "", "pink", "pink:1.5", "silence:51", "silence:100", "copy:1", "2.5"):
        with pytest.raises(EdgeSerError, match=f"--noise {word}: .*silence:PERCENT .0 to 50") as e:
            augment.condition(word)
        assert "\n" not in str(e.value)
