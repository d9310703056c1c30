from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from tests.clips import MakeWav
from train.corpora import read


@pytest.mark.parametrize(
    ("name", "speakers", "emotions"),
    [
        ("ravdess", 20, {"angry": 160, "happy": 160, "neutral": 240, "sad": 160}),
        ("emodb", 8, {"angry": 100, "happy": 54, "neutral": 63, "sad": 49}),
        ("nemo", 8, {"angry": 326, "happy": 331, "neutral": 359, "sad": 338}),
    ],
)
def test_counts_of_the_real_corpora(
    corpora: Path, name: str, speakers: int, emotions: dict[str, int]
) -> None:
    rows = read(name, corpora / name)
    assert len({row.speaker for row in rows}) == speakers
    assert Counter(row.emotion for row in rows) == emotions
    assert {row.corpus for row in rows} == {name}


def test_ravdess_keeps_speech_of_four_emotions_once(make_wav: MakeWav, tmp_path: Path) -> None:
    for emotion in ("01", "02", "03", "04", "05", "06", "07", "08"):
        make_wav(f"Actor_01/03-01-{emotion}-01-01-01-01.wav", rate=48_000)
    make_wav("Actor_01/03-02-05-01-01-01-01.wav")  # song
    make_wav("Actor_01/01-01-05-01-01-01-01.flac")  # audio and video
    make_wav("audio_speech_actors_01-24/Actor_01/03-01-03-01-01-01-01.wav")  # the same clip again
    make_wav("Actor_02/03-01-05-02-02-01-02.flac")
    rows = read("ravdess", tmp_path)
    assert [(row.emotion, row.speaker) for row in rows] == [
        ("neutral", "01"),
        ("neutral", "01"),
        ("happy", "01"),
        ("sad", "01"),
        ("angry", "01"),
        ("angry", "02"),
    ]
    assert rows[0].text == "Kids are talking by the door"
    assert rows[-1].text == "Dogs are sitting by the door"
    assert rows[0].path.parent.name == "Actor_01"
    assert (rows[0].start, rows[0].end) == (None, None)


def test_emodb_reads_its_letters(make_wav: MakeWav, tmp_path: Path) -> None:
    for letter in "WLEAFTN":
        make_wav(f"wav/03a01{letter}a.wav")
    rows = read("emodb", tmp_path)
    assert {row.path.stem[5]: row.emotion for row in rows} == {
        "W": "angry",
        "F": "happy",
        "T": "sad",
        "N": "neutral",
    }
    assert {row.text for row in rows} == {"Der Lappen liegt auf dem Eisschrank."}


def test_nemo_leaves_out_what_it_does_not_need(make_wav: MakeWav, tmp_path: Path) -> None:
    for emotion in ("anger", "happiness", "neutral", "sadness", "fear", "surprise"):
        make_wav(f"samples/SK1_{emotion}_12.wav", rate=24_000)
    rows = read("nemo", tmp_path)
    assert [row.emotion for row in rows] == ["angry", "happy", "neutral", "sad"]
    assert {row.speaker for row in rows} == {"SK1"}


def test_manifest_resolves_paths_and_pieces(make_wav: MakeWav, tmp_path: Path) -> None:
    absolute = make_wav("elsewhere/b.wav")
    make_wav("a.wav")
    file = tmp_path / "list.csv"
    file.write_text(
        "path,speaker,emotion,start,end,text\n"
        "a.wav,anna,Angry,0.05,0.2,hello\n"
        f"{absolute},bert,sad,,,\n"
        "a.wav,anna,fear,,,\n"
    )
    first, second = read("ours", file)
    assert (first.corpus, first.path, first.start, first.end) == (
        "ours",
        tmp_path / "a.wav",
        0.05,
        0.2,
    )
    assert (first.speaker, first.emotion, first.text) == ("anna", "angry", "hello")
    assert (second.path, second.start, second.end, second.text) == (absolute, None, None, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,emotion\na.wav,sad\n", "no column speaker"),
        ("path,speaker,emotion\nmissing.wav,x,sad\n", "line 2: no such file"),
        ("path,speaker,emotion\na.wav,,sad\n", "line 2: path, speaker and emotion"),
        ("path,speaker,emotion,start\na.wav,x,sad,soon\n", "'soon' is not a number"),
        ("path,speaker,emotion,start,end\na.wav,x,sad,2,1\n", "end must be after start"),
        ("path,speaker,emotion\na.wav,x,fear\n", "nothing usable"),
    ],
)
def test_manifest_says_what_is_wrong(
    make_wav: MakeWav, tmp_path: Path, content: str, message: str
) -> None:
    make_wav("a.wav")
    file = tmp_path / "list.csv"
    file.write_text(content)
    with pytest.raises(EdgeSerError, match=message):
        read("ours", file)


def test_manifest_with_classes_of_its_own(
    make_wav: MakeWav, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in "abcd":
        make_wav(f"{name}.wav")
    file = tmp_path / "list.csv"
    file.write_text("path,speaker,emotion\na.wav,x,CALM\nb.wav,x,Anger\nc.wav,x,joy\nd.wav,x,sad\n")
    rows = read("ours", file, ("Calm", "angry", "joy"))
    assert [row.emotion for row in rows] == ["Calm", "angry", "joy"]
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}: left out: 1 of 4 rows have another emotion (1 sad)"
    ]


def test_some_of_the_classes_of_a_corpus(corpora: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = corpora / "crema-d"
    whole, some = read("crema-d", folder), read("crema-d", folder, ("sad", "angry"))
    assert {row.emotion for row in some} == {"sad", "angry"}
    assert len(some) == sum(row.emotion in ("sad", "angry") for row in whole)
    assert f"left out: {len(whole) - len(some)} of {len(whole)} rows" in caplog.text
    votes = {row.path: row.votes for row in whole}
    for row in some:
        angry, _, _, sad = votes[row.path] or (0.0, 0.0, 0.0, 0.0)
        expected = (sad / (sad + angry), angry / (sad + angry)) if sad + angry else None
        assert row.votes == (None if expected is None else pytest.approx(expected))


def test_manifest_tells_what_it_leaves_out(
    make_wav: MakeWav, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in "abcdef":
        make_wav(f"{name}.wav")
    emotions = ["Anger", "joy", "sadness", "fear", "fear", "calm"]
    lines = [f"{name}.wav,x,{emotion}" for name, emotion in zip("abcdef", emotions, strict=True)]
    lines += ["a.wav,x,angry", "c.wav,x,happy", "c.wav,x,sad"]
    file = tmp_path / "list.csv"
    file.write_text("\n".join(["path,speaker,emotion", *lines]) + "\n")
    rows = read("ours", file)
    assert [(row.path.name, row.emotion) for row in rows] == [
        ("a.wav", "angry"),
        ("b.wav", "happy"),
    ]
    assert [record.getMessage() for record in caplog.records] == [
        f"{file}: left out: 3 of 9 rows have another emotion (2 fear, 1 calm)",
        f"{file}: left out: 2 of 9 rows repeat another",
        f"{file}: left out: 1 of 9 rows are given several emotions, c.wav first",
    ]


def test_folders_without_anything_usable(make_wav: MakeWav, tmp_path: Path) -> None:
    make_wav("readme.wav")
    with pytest.raises(EdgeSerError, match=r"nothing usable for emodb; .* 03a01Fa\.wav"):
        read("emodb", tmp_path)
    with pytest.raises(EdgeSerError, match="no such folder"):
        read("emodb", tmp_path / "nowhere")
    known = (
        "ravdess, emodb, nemo, iemocap, iemocap-improvised, iemocap-scripted, msp-improv, crema-d, "
        "tess, savee, urdu"
    )
    with pytest.raises(EdgeSerError, match=f"no corpus 'timit' .*; there are {known}$"):
        read("timit", tmp_path)
    with pytest.raises(EdgeSerError, match="cannot be read as a CSV"):
        read("ours", tmp_path / "none.csv")
