from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from edge_ser import nodes
from edge_ser.audio import AudioFile, AudioSignal
from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.speech.segmenter import SpeechSegmenter
from tests.clips import MakeWav
from train import corpora as readers
from train.conditions import augment
from train.conditions.babble import choose_speakers
from train.corpora import Row
from train.features.audio import clip_hash
from train.features.cache import Arrays, Cache
from train.features.conditioned import compute_clips
from train.features.extraction import extract


@pytest.fixture(scope="module")
def crowd(corpora: Path) -> list[Row]:
    """Select two clips each of ten speakers in two corpora."""
    people: dict[tuple[str, str], list[Row]] = {}
    for name in ("ravdess", "emodb"):
        found = [row for row in readers.read(name, corpora / name) if row.speaker <= "12"]
        for one in found:
            people.setdefault((name, one.speaker), []).append(one)
    return [row for key in sorted(people)[:10] for row in people[key][:2]]


def row(path: Path, start: float | None = None, end: float | None = None) -> Row:
    return Row(corpus="ours", path=path, start=start, end=end, speaker="x", emotion="sad")


def length_and_level(samples: NDArray[np.int16]) -> Arrays:
    return {"length": np.array(len(samples)), "peak": np.abs(samples).max()}


def files(cache: Cache) -> list[Path]:
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def test_computed_once_for_the_same_audio(cache: Cache, make_wav: MakeWav) -> None:
    rows = [row(make_wav("a.wav")), row(make_wav("b.wav", rate=48_000, seed=1))]
    first = compute_clips(rows, "clean", "test/1", length_and_level, cache)
    assert [int(arrays["length"]) for arrays in first] == [4000, 4000]  # both at 16 kHz
    times = [path.stat().st_mtime_ns for path in files(cache)]
    assert len(times) == 2

    def never(samples: NDArray[np.int16]) -> Arrays:
        raise AssertionError("computed again")

    moved = rows[0].path.with_name("moved.wav")
    shutil.move(rows[0].path, moved)
    again = compute_clips([row(moved), rows[1]], "clean", "test/1", never, cache)
    assert again == first
    assert [path.stat().st_mtime_ns for path in files(cache)] == times


def test_two_processes_make_the_same(tmp_path: Path, make_wav: MakeWav, console: Console) -> None:
    rows = [row(make_wav(f"{seed}.wav", seed=seed)) for seed in range(4)]
    one, two = (
        compute_clips(
            rows, "copy:0", "test/1", length_and_level, Cache(tmp_path / str(jobs), jobs, console)
        )
        for jobs in (1, 2)
    )
    assert one == two
    assert len({int(arrays["peak"]) for arrays in one}) == 4


def test_key_covers_audio_piece_kind_and_variant(cache: Cache, make_wav: MakeWav) -> None:
    path = make_wav("a.wav")
    other = make_wav("b.wav", seed=1)
    for number, (one, variant, kind) in enumerate(
        [
            (row(path), "clean", "test/1"),
            (row(other), "clean", "test/1"),
            (row(path, 0.0, 0.1), "clean", "test/1"),
            (row(path), "noise:10", "test/1"),
            (row(path), "noise:20", "test/1"),
            (row(path), "copy:0", "test/1"),
            (row(path), "pink:10", "test/1"),
            (row(path), "silence:20", "test/1"),
            (row(path), "clean", "test/2"),
        ]
    ):
        (found,) = compute_clips([one], variant, kind, length_and_level, cache)
        assert len(files(cache)) == number + 1
        assert variant != "silence:20" or found["length"] == 5000  # of 4000 samples


@pytest.mark.parametrize("damage", ["cut", "flip", "empty"])
def test_a_damaged_file_is_made_again(cache: Cache, make_wav: MakeWav, damage: str) -> None:
    rows = [row(make_wav("a.wav"))]
    good = compute_clips(rows, "clean", "test/1", length_and_level, cache)
    (file,) = files(cache)
    data = bytearray(file.read_bytes())
    data[data.index(b"\x93NUMPY") + 130] ^= 0xFF  # in the data: only the checksum detects it
    file.write_bytes(bytes({"cut": data[: len(data) // 2], "flip": data, "empty": b""}[damage]))
    assert compute_clips(rows, "clean", "test/1", length_and_level, cache) == good
    assert compute_clips(rows, "clean", "test/1", length_and_level, cache) == good
    assert files(cache) == [file]


def test_pieces_of_a_file(cache: Cache, make_wav: MakeWav) -> None:
    path = make_wav("a.wav", rate=48_000)
    rows = [row(path, 0.1, 0.2), row(path, None, 0.05), row(path, 0.2, None), row(path, 0.2, 9.0)]
    found = compute_clips(rows, "clean", "test/1", length_and_level, cache)
    assert [int(arrays["length"]) for arrays in found] == [1600, 800, 800, 800]
    assert len({clip_hash(r) for r in rows}) == 4
    with pytest.raises(EdgeSerError, match="a.wav: nothing between 3.0 s"):
        compute_clips([row(path, 3.0, 4.0)], "clean", "test/1", length_and_level, cache)


def test_unreadable_audio_is_a_clear_error(cache: Cache, tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF no audio")
    with pytest.raises(EdgeSerError, match=r"broken\.wav"):
        compute_clips([row(broken)], "clean", "test/1", length_and_level, cache)
    with pytest.raises(EdgeSerError, match="gone"):
        compute_clips([row(tmp_path / "gone.wav")], "clean", "test/1", length_and_level, cache)
    assert files(cache) == []


def test_training_sees_what_the_device_hears(cache: Cache, some_rows: list[Row]) -> None:
    spec = "egemaps-88@500/100"
    rows = [some_rows[1], some_rows[0], some_rows[1]]
    for one, found in zip(rows, extract(rows, spec, "clean", cache), strict=True):
        with SpeechSegmenter(feature_set(spec)) as segmenter:
            heard = nodes.extract(AudioFile(one.path), segmenter)
        assert found.utterances == heard.utterances
        assert found.counts == heard.counts
        np.testing.assert_array_equal(found.values, heard.values)
    with SpeechSegmenter(feature_set(spec)) as segmenter:
        silence = nodes.extract(AudioSignal(np.zeros(16_000, np.int16), 16_000), segmenter)
    assert silence.counts == []


def test_variants_reach_the_nodes(cache: Cache, some_rows: list[Row]) -> None:
    rows, spec = some_rows[:1], "egemaps-88@500/100"
    clean, noisy = (extract(rows, spec, variant, cache)[0] for variant in ("clean", "noise:10"))
    assert noisy.counts
    assert noisy.values.shape[1] == clean.values.shape[1] == 88
    assert not np.array_equal(noisy.values[:5], clean.values[:5])


def test_six_other_people_babble(crowd: list[Row]) -> None:
    hashes = [clip_hash(row) for row in crowd]
    chosen = choose_speakers(crowd, hashes)
    for own, places in zip(crowd, chosen, strict=True):
        others = {(crowd[place].corpus, crowd[place].speaker) for place in places}
        assert len(others) == 6
        assert (own.corpus, own.speaker) not in others
        assert len({corpus for corpus, _ in others}) == 2  # from both corpora
    assert len({tuple(places) for places in chosen}) == len(crowd)
    assert {place for places in chosen for place in places} == set(range(len(crowd)))
    last = len(crowd) - 1  # in another order, and one clip twice
    other = choose_speakers([*crowd[::-1], crowd[0]], [*hashes[::-1], hashes[0]])
    assert [[last - place for place in places] for places in other] == [*chosen[::-1], chosen[0]]


def test_babble_is_kept_for_the_people_it_is_made_of(cache: Cache, crowd: list[Row]) -> None:
    rows = crowd[::2]
    first = compute_clips(rows, "babble:5", "test/1", length_and_level, cache)
    assert len(files(cache)) == len(rows)

    def never(samples: NDArray[np.int16]) -> Arrays:
        raise AssertionError("computed again")

    assert compute_clips(rows[::-1], "babble:5", "test/1", never, cache) == first[::-1]
    compute_clips([*rows[:-1], crowd[-1]], "babble:5", "test/1", length_and_level, cache)
    assert len(files(cache)) > len(rows) + 1  # not only that of the new clip
    with pytest.raises(EdgeSerError, match="6 other speakers, and there are 6 in all: add a corp"):
        compute_clips(crowd[:12], "babble:5", "test/1", length_and_level, cache)


@pytest.mark.parametrize("variant", ["noise:20", "pink:20", "babble:20", "silence:20"])
def test_speech_is_found_in_every_condition(cache: Cache, crowd: list[Row], variant: str) -> None:
    rows, spec = crowd[::2], "egemaps-88@500/100"
    wanted = rows if augment.babbles(variant) else [rows[0], rows[-1]]
    for one, altered in zip(wanted, extract(wanted, spec, variant, cache), strict=True):
        (clean,) = extract([one], spec, "clean", cache)
        assert len(altered.utterances) >= 1
        assert not np.array_equal(altered.values[:5], clean.values[:5])
