"""The stream against openSMILE's own batch extraction, bit for bit, and the traps around it."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import opensmile
import psutil
import pytest
import soundfile

from edge_ser.errors import EdgeSerError
from edge_ser.features import FeatureStream, feature_set
from edge_ser.features.configuration import components
from edge_ser.features.smile import Smile

EGEMAPS = ["egemaps-lld", "egemaps-88", "egemaps-88@250/50", "egemaps-88@500/100"]
OTHERS = ["emobase-lld", "rlc-lld", "mfcc-40", "mfcc-40@64/32", "log-mel-128", "log-mel-128@64/32"]
BATCH = """
[componentInstances:cComponentManager]
instance[dataMemory].type=cDataMemory
printLevelStats=0
\\{{\\cm[source{{?}}:source]}}
\\{{{components}}}
\\{{\\cm[sink{{?}}:sink]}}
"""
"""What ``opensmile.Smile`` asks of a configuration, around the components of a set."""


@pytest.fixture(scope="module")
def clip(corpora: Path) -> np.ndarray:
    """Two seconds that are spoken."""
    path = corpora / "ravdess/Actor_01/03-01-05-02-01-01-01.flac"
    return soundfile.read(path, dtype="int16")[0][16_000:48_000]


@pytest.fixture(scope="module")
def lld(clip: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """OpenSMILE's own eGeMAPS descriptors of the clip."""
    return batch(clip, "egemaps-lld", tmp_path_factory.mktemp("lld"))


def batch(signal: np.ndarray, spec: str, folder: Path) -> np.ndarray:
    """What ``opensmile.Smile`` makes of the whole signal."""
    features = feature_set(spec)
    if spec in OTHERS:
        with components(features) as (file, own):
            main = folder / "main.conf"
            main.write_text(BATCH.format(components=file))
            smile = opensmile.Smile(str(main), "vectors", options=own)
            return smile.process_signal(signal / 32768, 16_000).to_numpy()
    level = opensmile.FeatureLevel.LowLevelDescriptors
    options = {}
    if features.functionals:
        level = opensmile.FeatureLevel.Functionals
        mode = folder / "mode.conf.inc"
        mode.write_text(
            f"frameMode = fixed\nframeSize = {features.frame}\nframeStep = {features.step}\n"
            "frameCenterSpecial = left\n"
        )
        options["frameModeFunctionalsConf"] = str(mode)
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, level, options=options)
    return smile.process_signal(signal / 32768, 16_000).to_numpy()


def run(stream: FeatureStream, signal: np.ndarray, chunk: int) -> np.ndarray:
    vectors = []
    for begin in range(0, len(signal), chunk):
        stream.write(signal[begin : begin + chunk])
        vectors.append(stream.read()[1])
    stream.finish()
    return np.concatenate([*vectors, stream.read()[1]])


@pytest.mark.parametrize("spec", [*EGEMAPS, *OTHERS])
def test_bit_identical_to_batch(clip: np.ndarray, spec: str, tmp_path: Path) -> None:
    expected = batch(clip, spec, tmp_path)
    assert len(expected) > 10
    with FeatureStream(feature_set(spec)) as stream:
        for chunk in (77, 160, 480, 1600, len(clip)):
            np.testing.assert_array_equal(run(stream, clip, chunk), expected)
            stream.reset()


def test_the_same_voice_at_any_level(clip: np.ndarray) -> None:
    """Compare a clip with itself 18 dB softer; both are above openSMILE's gate for the pitch."""
    names, vectors = {}, {}
    for spec in ("egemaps-88@500/100", "egemaps-69@500/100"):
        with FeatureStream(feature_set(spec)) as stream:
            names[spec] = stream.names
            for factor in (32, 4):
                vectors[spec, factor] = run(stream, clip * np.float32(factor / 32767), 1600)
                stream.reset()
    own = {name for name in names["egemaps-69@500/100"] if not name.endswith("_stddev")}
    assert own < set(names["egemaps-88@500/100"])
    loud, soft = vectors["egemaps-69@500/100", 32], vectors["egemaps-69@500/100", 4]
    deviation = np.abs(loud - soft) / loud.std(axis=0)
    assert np.quantile(deviation, 0.99, axis=0).max() < 0.02
    kept = {name.replace("_stddev", "_stddevNorm") for name in names["egemaps-69@500/100"]} | own
    left_out = [name not in kept for name in names["egemaps-88@500/100"]]
    loud, soft = vectors["egemaps-88@500/100", 32], vectors["egemaps-88@500/100", 4]
    moved = np.median(np.abs(loud - soft), axis=0) / loud.std(axis=0)
    assert moved[left_out].min() > 0.02


def test_deviations_are_not_divided_by_a_mean_near_zero(clip: np.ndarray) -> None:
    values = {}
    for spec in ("egemaps-88@500/100", "egemaps-69@500/100"):
        with FeatureStream(feature_set(spec)) as stream:
            vectors = run(stream, clip, 1600)
            values[spec] = dict(zip(stream.names, vectors.T, strict=True))
    paper, ours = values.values()
    deviations = [name for name in ours if name.endswith("_stddev")]
    assert len(deviations) == 8 + 1 + 2 + 3 + 2
    for name in deviations:
        mean = paper[name.replace("_stddev", "_amean")]
        np.testing.assert_array_equal(ours[name], paper[f"{name}Norm"] * mean)
        assert ours[name].min() >= 0
    for name in set(ours) - set(deviations):
        np.testing.assert_array_equal(ours[name], paper[name])


def test_names_are_opensmiles(clip: np.ndarray) -> None:
    for spec, level in (
        ("egemaps-lld", opensmile.FeatureLevel.LowLevelDescriptors),
        ("egemaps-88", opensmile.FeatureLevel.Functionals),
    ):
        with FeatureStream(feature_set(spec)) as stream:
            expected = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, level).feature_names
            assert list(stream.names) == expected


def test_emobase_is_the_stock_set(clip: np.ndarray) -> None:
    with FeatureStream(feature_set("emobase-lld")) as stream:
        found = run(stream, clip, 1600)
        names = list(stream.names)
    for columns, level in (
        (slice(0, 26), opensmile.FeatureLevel.LowLevelDescriptors),
        (slice(26, 52), opensmile.FeatureLevel.LowLevelDescriptors_Deltas),
    ):
        stock = opensmile.Smile(opensmile.FeatureSet.emobase, level)
        assert names[columns] == stock.feature_names
        expected = stock.process_signal(clip / 32768, 16_000).to_numpy()
        # the stock's deltas go on for two frames after the end
        np.testing.assert_array_equal(found[:, columns], expected[: len(found)])
        assert len(expected) - len(found) in (0, 2)
    assert names[52:] == [name.replace("_de", "_de_de") for name in names[26:52]]


@pytest.mark.parametrize("spec", ["egemaps-88@500/100", *OTHERS])
def test_the_detectors_lld_come_beside(clip: np.ndarray, spec: str, lld: np.ndarray) -> None:
    with FeatureStream(feature_set(spec)) as stream:
        stream.write(clip)
        stream.finish()
        found, _ = stream.read()
    np.testing.assert_array_equal(found, lld)


@pytest.mark.parametrize("spec", ["egemaps-lld", *OTHERS])
def test_reset_in_the_middle_forgets(clip: np.ndarray, spec: str) -> None:
    with FeatureStream(feature_set(spec)) as stream:
        first = run(stream, clip, 1600)
        stream.reset()
        stream.write(clip[::-1].copy())  # unfinished: reset must not wait for its end
        stream.reset()
        np.testing.assert_array_equal(run(stream, clip, 1600), first)


@pytest.mark.parametrize("spec", ["egemaps-88@500/100", *OTHERS])
def test_two_streams_at_once(clip: np.ndarray, spec: str) -> None:
    signals = [clip, clip[::-1].copy()]
    features = feature_set(spec)
    alone = []
    for signal in signals:
        with FeatureStream(features) as stream:
            alone.append(run(stream, signal, 1600))
    together: list[np.ndarray] = [np.empty(0)] * 2
    streams = [FeatureStream(features) for _ in signals]

    def work(i: int) -> None:
        together[i] = run(streams[i], signals[i], 480)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for stream in streams:
        stream.close()
    for i in range(2):
        np.testing.assert_array_equal(together[i], alone[i])
    assert not np.array_equal(alone[0], alone[1])


def test_memory_is_flat_over_minutes(clip: np.ndarray) -> None:
    """No more than 2 MiB in ten minutes, as many as ``test_soak`` hears."""
    process = psutil.Process()
    repeats = round(60 * 16_000 / len(clip))
    resident = []
    with FeatureStream(feature_set("egemaps-88@500/100")) as stream:
        rows = 0
        for _minute in range(3):
            for _ in range(repeats):
                stream.write(clip)
                rows += len(stream.read()[1])
            resident.append(process.memory_info().rss)
    assert rows > 3 * 60 * 9
    # the first minute fills the buffers
    assert resident[-1] - resident[0] < 0.2 * 2 * 2**20, [r >> 10 for r in resident]


@pytest.mark.parametrize("spec", ["emobase-lld", "rlc-lld", "mfcc-40", "log-mel-128"])
def test_memory_is_flat_over_a_minute(clip: np.ndarray, spec: str) -> None:
    """The smallest level that grew would take a megabyte a minute."""
    process = psutil.Process()
    resident = []
    with FeatureStream(feature_set(spec)) as stream:
        for _ in range(3):
            for _ in range(round(20 * 16_000 / len(clip))):
                stream.write(clip)
                stream.read()
            resident.append(process.memory_info().rss)
    assert resident[-1] - resident[0] < 2**19, [r >> 10 for r in resident]


def test_chunks_larger_than_the_ring(clip: np.ndarray) -> None:
    signal = np.tile(clip, 4)
    assert len(signal) > 96_000
    with FeatureStream(feature_set("egemaps-lld")) as stream:
        whole = run(stream, signal, len(signal))
        stream.reset()
        np.testing.assert_array_equal(run(stream, signal, 1600), whole)


def test_empty_and_tiny_inputs_give_no_rows() -> None:
    with FeatureStream(feature_set("egemaps-88@500/100")) as stream:
        stream.write(np.empty(0, np.int16))
        stream.write(np.zeros(160, np.int16))
        stream.finish()
        lld, vectors = stream.read()
    assert lld.shape == (0, 25)
    assert vectors.shape == (0, 88)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(160), np.zeros((160, 2), np.int16), np.zeros(9, np.uint8)],
)
def test_only_one_channel_of_int16_or_float32(samples: np.ndarray) -> None:
    with (
        FeatureStream(feature_set("egemaps-lld")) as stream,
        pytest.raises(EdgeSerError, match="one channel of int16 or float32"),
    ):
        stream.write(samples)


def test_no_writing_after_the_end() -> None:
    with FeatureStream(feature_set("egemaps-lld")) as stream:
        stream.finish()
        with pytest.raises(EdgeSerError, match="finished"):
            stream.write(np.zeros(160, np.int16))


def test_a_forgotten_end_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with FeatureStream(feature_set("egemaps-lld")) as stream:
        tell, told = stream._smile.end_of_input, []

        def forget_the_first(source: str) -> None:
            told.append(source)
            if len(told) > 1:
                tell(source)

        monkeypatch.setattr(stream._smile, "end_of_input", forget_the_first)
        stream.write(np.zeros(16_000, np.int16))
        stream.finish()
        assert len(told) == 2
        assert len(stream.read()[0]) > 90


def test_close_without_finish_returns() -> None:
    stream = FeatureStream(feature_set("egemaps-lld"))
    stream.write(np.zeros(1600, np.int16))
    closer = threading.Thread(target=stream.close)
    closer.start()
    closer.join(timeout=5)
    assert not closer.is_alive()


def test_an_error_of_opensmile_reaches_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Smile) -> None:
        raise EdgeSerError("openSMILE failed with code 1: made up")

    monkeypatch.setattr(Smile, "run", refuse)
    stream = FeatureStream(feature_set("egemaps-lld"))
    with pytest.raises(EdgeSerError, match="made up"):
        for _ in range(100):
            stream.write(np.zeros(8000, np.int16))


def test_an_error_while_frames_arrive_reaches_the_writer(clip: np.ndarray) -> None:
    def fail(frame: bytes) -> None:
        raise RuntimeError("in the callback")

    with FeatureStream(feature_set("egemaps-lld")) as stream:
        stream._stop()
        stream._smile.reset()
        with pytest.MonkeyPatch.context() as patch:
            register = stream._smile.on_frames
            patch.setattr(stream._smile, "on_frames", lambda sink, _: register(sink, fail))
            stream._start()
        with pytest.raises(RuntimeError, match="in the callback"):
            stream.write(clip)
            stream.finish()


def test_a_refused_configuration_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.conf"
    broken.write_text("[componentInstances:cComponentManager]\ninstance[x].type=cNoSuchThing\n")
    with pytest.raises(EdgeSerError, match="cNoSuchThing"):
        Smile(broken, {})
