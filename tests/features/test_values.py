"""One value of each kind against its textbook definition in NumPy, and on signals made for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.features import FeatureStream, feature_set

RATE = 16_000


@pytest.fixture(scope="module")
def clip(corpora: Path) -> np.ndarray:
    path = corpora / "ravdess/Actor_01/03-01-05-02-01-01-01.flac"
    return soundfile.read(path, dtype="int16")[0][RATE : 3 * RATE]


def extract(spec: str, signal: np.ndarray) -> dict[str, np.ndarray]:
    """Columns by name, as float64."""
    with FeatureStream(feature_set(spec)) as stream:
        stream.write(signal)
        stream.finish()
        values = stream.read()[1].astype(np.float64)
        return dict(zip(stream.names, values.T, strict=True))


def columns(found: dict[str, np.ndarray], pattern: str, numbers: range) -> np.ndarray:
    return np.stack([found[pattern.format(i)] for i in numbers], axis=1)


def tone(f0: float, amplitude: float = 0.3) -> np.ndarray:
    """A second of 15 harmonics falling by 6 dB an octave."""
    t = np.arange(RATE) / RATE
    wave = sum(np.sin(2 * np.pi * k * f0 * t) / k for k in range(1, 16))
    return np.round(32767 * amplitude * wave / np.abs(wave).max()).astype(np.int16)


def noise(amplitude: float = 0.1) -> np.ndarray:
    wave = amplitude * np.random.default_rng(1).standard_normal(RATE)
    return np.round(32767 * np.clip(wave, -1, 1)).astype(np.int16)


def frames(signal: np.ndarray, window: float = 0.025, step: float = 0.01) -> np.ndarray:
    """(n, samples) frames at the scale of 16-bit samples."""
    view = np.lib.stride_tricks.sliding_window_view(signal, round(window * RATE))
    return view[:: round(step * RATE)].astype(np.float64)


def emphasised(frames: np.ndarray) -> np.ndarray:
    """HTK's pre-emphasis by 0.97, frame by frame."""
    return np.concatenate([0.03 * frames[:, :1], frames[:, 1:] - 0.97 * frames[:, :-1]], axis=1)


def mel_bands(frames: np.ndarray, bands: int, length: int) -> np.ndarray:
    """(n, bands): triangles on HTK's mel scale, 0 to 8000 Hz, over the power spectrum."""
    edges = np.linspace(0, 1127 * np.log1p(8000 / 700), bands + 2)
    bins = 1127 * np.log1p(np.arange(length // 2 + 1) * RATE / length / 700)
    weights = np.maximum(0, 1 - np.abs(bins - edges[1:-1, None]) / (edges[1] - edges[0]))
    weights[:, [0, -1]] = 0
    spectrum = np.fft.rfft(frames * np.hamming(frames.shape[1]), length)
    return np.abs(spectrum) ** 2 @ weights.T


def mfcc(mel: np.ndarray, numbers: range, lifter: float = np.inf) -> np.ndarray:
    bands = mel.shape[1]
    i = np.array(numbers)
    cosines = np.cos(np.pi * i[:, None] / bands * (np.arange(bands) + 0.5))
    scale = 1 + lifter / 2 * np.sin(np.pi * i / lifter) if np.isfinite(lifter) else 1
    return np.sqrt(2 / bands) * np.log(np.maximum(mel, 1)) @ cosines.T * scale


def crossings(frames: np.ndarray) -> np.ndarray:
    """Changes of sign, and zeros not within a half-wave, over the samples but the last."""
    before, here, after = frames[:, :-2], frames[:, 1:-1], frames[:, 2:]
    counted = (before * here < 0) | ((here == 0) & (before * after <= 0))
    return counted.sum(axis=1) / frames.shape[1]


def smoothed(x: np.ndarray) -> np.ndarray:
    """Mean of three neighbours, the edges repeated."""
    padded = np.concatenate([x[:1], x, x[-1:]])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3


def delta(x: np.ndarray) -> np.ndarray:
    """HTK's regression over two frames on either side, the edges repeated."""
    padded = np.concatenate([x[:1], x[:1], x, x[-1:], x[-1:]])
    n = len(x)
    return sum(i * (padded[2 + i : 2 + i + n] - padded[2 - i : 2 - i + n]) for i in (1, 2)) / 10


def line_spectral_frequencies(frame: np.ndarray, order: int = 8) -> np.ndarray:
    """Angles of the roots of A(z) ± z^-(p+1) A(1/z), A from the autocorrelation of ``frame``."""
    r = np.correlate(frame, frame, "full")[len(frame) - 1 :][: order + 1]
    toeplitz = r[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
    a = np.concatenate([[1], -np.linalg.solve(toeplitz, r[1:]), [0]])
    angles = np.concatenate([np.angle(np.roots(a + sign * a[::-1])) for sign in (1, -1)])
    return np.sort(angles[(angles > 1e-6) & (angles < np.pi - 1e-6)])


@pytest.mark.parametrize(("spec", "length"), [("log-mel-128", 1024), ("log-mel-128@64/32", 2048)])
def test_log_mel(clip: np.ndarray, spec: str, length: int) -> None:
    features = feature_set(spec)
    mel = mel_bands(frames(clip, features.frame, features.step), 128, length)
    found = np.stack(list(extract(spec, clip).values()), axis=1)
    np.testing.assert_allclose(found, np.log(np.maximum(mel, 1)), atol=1e-3)


def test_every_log_mel_band_hears_noise() -> None:
    found = np.stack(list(extract("log-mel-128", noise()).values()), axis=1)
    assert found.shape == (98, 128)
    assert (found.std(axis=0) > 0.2).all()
    assert (found.min(axis=0) > 5).all()


def test_silence_is_finite() -> None:
    for spec in ("emobase-lld", "rlc-lld", "mfcc-40", "log-mel-128"):
        found = np.stack(list(extract(spec, np.zeros(RATE, np.int16)).values()), axis=1)
        assert len(found) > 90
        assert np.isfinite(found).all()
    assert (found == 0).all()  # log-mel at its floor


@pytest.mark.parametrize(("spec", "length"), [("mfcc-40", 512), ("mfcc-40@64/32", 1024)])
def test_mfcc_40(clip: np.ndarray, spec: str, length: int) -> None:
    features = feature_set(spec)
    mel = mel_bands(frames(clip, features.frame, features.step), 64, length)
    found = columns(extract(spec, clip), "mfcc[{}]", range(40))
    np.testing.assert_allclose(found, mfcc(mel, range(40)), atol=1e-3)


def test_rlc_values_of_the_frame(clip: np.ndarray) -> None:
    found = extract("rlc-lld", clip)
    cut = frames(clip, step=0.005)[: len(found["logEnergy"])]
    cepstrum = mfcc(mel_bands(cut, 26, 512), range(1, 13), lifter=22)
    np.testing.assert_allclose(columns(found, "mfcc{}", range(1, 13)), cepstrum, atol=1e-3)
    energy = np.log(np.maximum((cut**2).sum(axis=1), 1))
    np.testing.assert_allclose(found["logEnergy"], energy, atol=1e-5)
    np.testing.assert_allclose(found["zeroCrossingRate"], crossings(cut), atol=1e-6)


def test_rlc_names_and_step(clip: np.ndarray) -> None:
    found = extract("rlc-lld", clip)
    assert list(found)[11:] == [
        "mfcc12",
        "logEnergy",
        "voicingProbability",
        "HNRdB",
        "F0semitoneFrom27.5Hz",
        "zeroCrossingRate",
    ]
    count = 1 + (len(clip) - round(0.06 * RATE)) // 80
    assert abs(len(found["HNRdB"]) - count) <= 1


@pytest.mark.parametrize("f0", [90.0, 140.0, 220.0, 400.0])
def test_rlc_pitch_of_a_tone(f0: float) -> None:
    voiced, unvoiced = extract("rlc-lld", tone(f0)), extract("rlc-lld", noise())
    middle = slice(10, -10)
    hertz = 27.5 * 2 ** (voiced["F0semitoneFrom27.5Hz"][middle] / 12)
    np.testing.assert_allclose(hertz, f0, rtol=0.02)
    assert voiced["voicingProbability"][middle].min() > 0.75
    assert unvoiced["voicingProbability"][middle].mean() < 0.6
    assert (unvoiced["F0semitoneFrom27.5Hz"][middle] == 0).mean() > 0.9
    assert (unvoiced["HNRdB"][unvoiced["F0semitoneFrom27.5Hz"] == 0] == 0).all()


def test_rlc_harmonics_to_noise_ratio() -> None:
    medians = []
    for level in (0.0, 0.03, 0.1):
        mixed = tone(160) // 2 + noise(level) // 2
        cut = frames(mixed, window=0.06, step=0.005)
        offset = (np.arange(960) - 479.5) / (0.4 * 479.5)
        spectrum = np.fft.rfft(cut * np.exp(-(offset**2) / 2), 1024)
        correlation = np.fft.irfft(np.abs(spectrum) ** 2)
        period = correlation[:, RATE // 160]
        expected = np.median(10 * np.log10(period / (correlation[:, 0] - period)))
        found = np.median(extract("rlc-lld", mixed)["HNRdB"])
        # in noise openSMILE's F0, and so its lag, wavers
        assert found == pytest.approx(expected, abs=0.01 if level < 0.1 else 0.2)
        medians.append(found)
    assert medians[0] > medians[1] + 1 > medians[2] + 2


def test_emobase_values_of_the_frame(clip: np.ndarray) -> None:
    found = extract("emobase-lld", clip)
    cut = frames(clip)[: len(found["F0_sma"])]
    expected = smoothed(mfcc(mel_bands(emphasised(cut), 26, 512), range(1, 13), lifter=22))
    cepstrum = columns(found, "mfcc_sma[{}]", range(1, 13))
    np.testing.assert_allclose(cepstrum, expected, atol=1e-3)
    np.testing.assert_allclose(found["pcm_zcr_sma"], smoothed(crossings(cut)), atol=1e-6)
    hamming = np.hamming(400)
    # openSMILE sums over two samples and divides by the sum of the whole window: see feature_set
    intensity = (hamming[:2] * (cut[:, :2] / 32767) ** 2).sum(axis=1) / hamming.sum()
    np.testing.assert_allclose(found["pcm_intensity_sma"], smoothed(intensity), rtol=1e-4)
    loudness = smoothed((intensity / 1e-6) ** 0.3)
    np.testing.assert_allclose(found["pcm_loudness_sma"], loudness, rtol=1e-4)


def test_emobase_line_spectral_frequencies(clip: np.ndarray) -> None:
    found = columns(extract("emobase-lld", clip), "lspFreq_sma[{}]", range(8))
    assert found.min() > 0 and found.max() < np.pi
    assert (np.diff(found, axis=1) > 0).all()
    cut = frames(clip)[: len(found)]
    loud = np.flatnonzero((cut**2).mean(axis=1) > 1e4)
    i = loud[len(loud) // 2]
    three = emphasised(cut[i - 1 : i + 2])
    expected = np.mean([line_spectral_frequencies(frame) for frame in three], axis=0)
    np.testing.assert_allclose(found[i], expected, atol=0.01)


@pytest.mark.parametrize("f0", [110.0, 200.0, 320.0])
def test_emobase_pitch_of_a_tone(f0: float) -> None:
    voiced, unvoiced = extract("emobase-lld", tone(f0)), extract("emobase-lld", noise())
    middle = slice(30, -10)  # the envelope rises by a quarter a frame
    np.testing.assert_allclose(voiced["F0_sma"][middle], f0, rtol=0.02)
    np.testing.assert_allclose(voiced["F0env_sma"][middle], f0, rtol=0.02)
    assert voiced["voiceProb_sma"][middle].min() > 0.7
    assert unvoiced["voiceProb_sma"][middle].max() < 0.5
    assert (unvoiced["F0_sma"][middle] == 0).all()


def test_emobase_loudness_follows_the_level() -> None:
    means = [extract("emobase-lld", noise(a))["pcm_loudness_sma"].mean() for a in (0.01, 0.1)]
    # a power of 0.3 of the intensity, which rises by 100
    assert means[1] / means[0] == pytest.approx(100**0.3, rel=0.02)


def test_emobase_deltas_are_htks(clip: np.ndarray) -> None:
    found = np.stack(list(extract("emobase-lld", clip).values()), axis=1)
    for values, deltas in ((found[:, :26], found[:, 26:52]), (found[:, 26:52], found[:, 52:])):
        # the last two ΔΔ see two Δ that openSMILE computes beyond the end
        tolerance = 1e-5 * np.abs(values).max()
        np.testing.assert_allclose(deltas[:-2], delta(values)[:-2], atol=tolerance)
        assert np.abs(deltas).max(axis=0).all()
