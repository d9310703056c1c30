"""Damaged files, and the contents of a copy of a corpus."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from tests.clips import MakeWav
from train.check import check
from train.corpora import Row, read
from train.features.cache import Cache
from train.features.readable import name_faults, readable

DAMAGED = {
    "cut.flac": "cannot be decoded after",
    "cut.wav": "is cut short: its header promises",
    "words.wav": "cannot be read as audio",
    "empty.wav": "is empty; record or copy it again",
    "header.wav": "holds no audio",
    "nan.wav": "has a sample of nan at 0.000 s",
}


def damage(folder: Path) -> dict[str, str]:
    """Write damaged files below ``folder``; return the expected reason for each."""
    folder.mkdir(exist_ok=True)
    noise = 0.1 * np.random.default_rng(0).standard_normal(32_000)
    for name in ("cut.flac", "cut.wav"):
        soundfile.write(folder / name, noise, 16_000)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    (folder / "words.wav").write_text("version https://git-lfs.github.com/spec/v1\nsize 61246\n")
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "header.wav", noise[:0], 16_000)
    soundfile.write(folder / "nan.wav", np.full(4000, np.nan), 16_000, subtype="FLOAT")
    return DAMAGED


def text_of(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.fixture
def page() -> Console:
    return Console(file=StringIO(), width=120)


def test_damaged_files_are_named_and_the_others_kept(
    make_wav: MakeWav, tmp_path: Path, cache: Cache, page: Console
) -> None:
    said = damage(tmp_path / "bad")
    paths = [make_wav("a.wav"), *(tmp_path / "bad" / name for name in said), make_wav("b.flac")]
    rows = [Row(corpus="ours", path=path, speaker="x", emotion="sad") for path in paths]
    gone = Row(corpus="ours", path=tmp_path / "gone.wav", speaker="x", emotion="sad")
    good, faults = readable([*rows, gone], cache)
    assert good == [rows[0], rows[-1]]
    assert set(faults) == {*paths[1:-1], gone.path}
    for path in paths[1:-1]:
        assert said[path.name] in faults[path]
        assert str(tmp_path) not in faults[path]
    assert faults[gone.path] == "cannot be read (No such file or directory)"
    name_faults(faults, page)
    first, *others = text_of(page).splitlines()
    assert first == "7 unreadable files are left out:"
    assert [line.split(":")[0].strip() for line in others] == [str(path) for path in faults]


def test_nothing_is_said_where_all_is_well(make_wav: MakeWav, cache: Cache, page: Console) -> None:
    rows = [Row(corpus="ours", path=make_wav("a.wav"), speaker="x", emotion="sad")]
    assert readable(rows, cache) == (rows, {})
    name_faults({}, page)
    assert text_of(page) == ""


def test_the_outcome_is_remembered(make_wav: MakeWav, tmp_path: Path, page: Console) -> None:
    damage(tmp_path / "bad")
    cache = Cache(tmp_path / "cache", 1, page)
    paths = [make_wav("a.wav"), tmp_path / "bad/cut.flac"]
    first = readable(
        [Row(corpus="ours", path=path, speaker="x", emotion="sad") for path in paths], cache
    )
    assert "readable/1, clean: 2 of 2 clips" in text_of(page)
    before = text_of(page)
    moved = [path.rename(path.with_name(f"moved-{path.name}")) for path in paths]
    again = readable(
        [Row(corpus="ours", path=path, speaker="x", emotion="sad") for path in moved], cache
    )
    assert text_of(page) == before  # no clip is decoded again
    assert [row.path for row in again[0]] == moved[:1]
    assert again[1] == {moved[1]: first[1][paths[1]]}


def test_pieces_of_damaged_files(make_wav: MakeWav, tmp_path: Path, cache: Cache) -> None:
    damage(tmp_path)
    make_wav("a.wav")
    with (tmp_path / "list.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "speaker", "emotion", "start", "end"])
        writer.writerows([name, "x", "sad", 0.1, 1.9] for name in ["a.wav", *DAMAGED])
        writer.writerow(["a.wav", "x", "sad", 3, 4])
        writer.writerow(["cut.flac", "x", "sad", 0.1, 0.2])
    good, faults = readable(read("ours", tmp_path / "list.csv"), cache)
    assert [(row.path.name, row.end) for row in good] == [("a.wav", 1.9), ("cut.flac", 0.2)]
    assert {path.name for path in faults} == {"a.wav", *DAMAGED}
    assert faults[tmp_path / "a.wav"] == "nothing between 3.0 s and 4.0 s"
    assert "has a sample of nan" in faults[tmp_path / "nan.wav"]
    assert all(str(tmp_path) not in fault for fault in faults.values())


def table(console: Console) -> dict[str, list[str]]:
    """Read the rows of the printed table by their first cell."""
    lines = [line for line in text_of(console).splitlines() if line[:1] in "│"]
    cells = ([cell.strip() for cell in line.strip("│").split("│")] for line in lines)
    return {first: others for first, *others in cells}


def savee(make_wav: MakeWav, tmp_path: Path) -> Path:
    clip = make_wav("clip.wav").read_bytes()
    folder = tmp_path / "savee"
    folder.mkdir()
    for speaker in ("DC", "JE", "JK", "KL"):
        for letters, count in (("a", 15), ("h", 15), ("n", 30), ("sa", 15), ("su", 15)):
            for number in range(1, count + 1):
                (folder / f"{speaker}_{letters}{number:02}.wav").write_bytes(clip)
    return folder


def test_a_complete_corpus(make_wav: MakeWav, tmp_path: Path, cache: Cache, page: Console) -> None:
    assert check("savee", savee(make_wav, tmp_path), cache, page)
    assert table(page) == {
        "angry": ["60", "0", "60"],
        "happy": ["60", "0", "60"],
        "neutral": ["120", "0", "120"],
        "sad": ["60", "0", "60"],
        "clips": ["300", "0", "300"],
        "speakers": ["4", "", "4"],
    }
    assert text_of(page).splitlines()[-1] == "complete"


def test_a_corpus_with_damage(
    make_wav: MakeWav, tmp_path: Path, cache: Cache, page: Console
) -> None:
    folder = savee(make_wav, tmp_path)
    for path in folder.glob("KL_*"):
        path.unlink()
    broken = folder / "DC_sa01.wav"
    broken.write_bytes(b"")
    assert not check("savee", folder, cache, page)
    assert table(page)["sad"] == ["44", "1", "60"]
    assert table(page)["clips"] == ["224", "1", "300"]
    assert text_of(page).splitlines()[-4:] == [
        "no clip of speaker: KL",
        "not what a complete copy holds",
        "1 unreadable file is left out:",
        f"  {broken}: is empty; record or copy it again",
    ]


def test_a_part_of_a_real_corpus_is_no_failure(corpora: Path, cache: Cache, page: Console) -> None:
    assert check("emodb", corpora / "emodb", cache, page)
    assert table(page) == {
        "angry": ["100", "0", "127"],
        "happy": ["54", "0", "71"],
        "neutral": ["63", "0", "79"],
        "sad": ["49", "0", "62"],
        "clips": ["266", "0", "339"],
        "speakers": ["8", "", "10"],
    }
    assert "no clip of speaker: 15, 16\n" in text_of(page)


def test_where_nothing_is_known_to_expect(
    make_wav: MakeWav, tmp_path: Path, cache: Cache, page: Console
) -> None:
    make_wav("[bold]/SK1_anger_1.wav")
    assert check("nemo", tmp_path / "[bold]", cache, page)
    assert text_of(page).splitlines()[0] == f"nemo: {tmp_path}/[bold]"
    assert table(page)["angry"] == ["1", "0", "?"]
    assert table(page)["speakers"] == ["1", "", "?"]
    assert text_of(page).splitlines()[-2:] == [
        "no clip of emotion: happy, neutral, sad",
        "how many clips a complete copy holds is not known",
    ]


def test_nothing_usable_is_a_failure(tmp_path: Path, cache: Cache, page: Console) -> None:
    damage(tmp_path / "bad")
    (tmp_path / "bad/empty.wav").rename(tmp_path / "bad/03a01Fa.wav")
    assert not check("emodb", tmp_path / "bad", cache, page)
    assert table(page)["clips"] == ["0", "1", "339"]
    assert not check("emodb", tmp_path / "nowhere", cache, page)
    assert not check("timit", tmp_path, cache, page)
    last, unknown = text_of(page).splitlines()[-2:]
    assert last == f"emodb: {tmp_path}/nowhere: no such folder; name the corpus's own folder"
    assert unknown.startswith(
        "timit: no corpus 'timit' (a CSV manifest may have any name); there are ravdess"
    )
