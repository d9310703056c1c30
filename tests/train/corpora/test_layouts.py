"""Small trees with the corpora's folders, file names and label formats, including pitfalls."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from tests.clips import MakeWav
from train.corpora import READERS, Row, read
from train.protocol import splits

EVALUATION = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tAnger;\t()
C-E3:\tNeutral;\t()
C-F1:\tNeutral;\t(curious)
A-E3:\tval 3; act 2; dom  2;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M000\texc\t[2.5000, 2.5000, 2.5000]
C-E2:\tExcited;\t()

[14.8872 - 18.0175]\tSes01F_impro01_F001\txxx\t[2.5000, 2.5000, 2.5000]

[19.2900 - 20.7875]\tSes01F_impro01_M001\tfru\t[2.5000, 3.5000, 3.5000]

[21.3257 - 24.7400]\tSes01F_impro01_M002\tang\t[1.5000, 4.0000, 3.5000]
"""
SCRIPTED = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[7.4800 - 9.5200]\tSes05M_script01_1b_F000\thap\t[4.0000, 3.0000, 2.5000]
C-E2:\tHappiness;\t()

[10.4800 - 12.5200]\tSes05M_script01_1b_MXX0\tsad\t[1.5000, 2.0000, 2.5000]
"""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def told(rows: list[Row], folder: Path) -> list[tuple[str, str, str, str | None]]:
    return [
        (row.path.relative_to(folder).as_posix(), row.speaker, row.emotion, row.text)
        for row in rows
    ]


@pytest.fixture
def iemocap(make_wav: MakeWav, tmp_path: Path) -> Path:
    home = tmp_path / "IEMOCAP_full_release"
    first, fifth = home / "Session1", home / "Session5"
    write(first / "dialog/EmoEvaluation/Ses01F_impro01.txt", EVALUATION)
    write(fifth / "dialog/EmoEvaluation/Ses05M_script01_1b.txt", SCRIPTED)
    wrong = "[26.2901 - 28.2357]\tSes01F_impro01_M003\tsad\t[2.5000, 2.5000, 2.5000]\n"
    hidden = first / "dialog/EmoEvaluation/._Ses01F_impro01.txt"
    hidden.write_bytes(b"\x00\x05\x16\x07\xff\xfe\n" + wrong.encode())
    one_evaluator = first / "dialog/EmoEvaluation/Categorical/Ses01F_impro01_e2_cat.txt"
    write(one_evaluator, wrong)
    write(
        first / "dialog/transcriptions/Ses01F_impro01.txt",
        "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\n"
        "M: Uh huh.\n"
        "Ses01F_impro01_M000 [010.0100-011.3925]: \n"
        "Ses01F_impro01_M002 [021.3257-024.7400]: Is there a problem? [LAUGHTER]\n",
    )
    (first / "dialog/transcriptions/._Ses01F_impro01.txt").write_bytes(b"\x00\x05\x16\x07")
    sentences = "IEMOCAP_full_release/Session1/sentences/wav/Ses01F_impro01"
    for turn in ("F000", "M000", "F001", "M001", "M002", "M003"):
        make_wav(f"{sentences}/Ses01F_impro01_{turn}.wav")
    (tmp_path / sentences / "._Ses01F_impro01_F000.wav").write_bytes(b"\x00\x05\x16\x07")
    make_wav("IEMOCAP_full_release/Session1/dialog/wav/Ses01F_impro01.wav")
    for turn in ("F000", "MXX0"):
        make_wav(
            "IEMOCAP_full_release/Session5/sentences/wav/Ses05M_script01_1b/"
            f"Ses05M_script01_1b_{turn}.wav"
        )
    return home


def test_iemocap_takes_the_majority_and_the_turns_own_speaker(iemocap: Path) -> None:
    wav = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01"
    improvised = [
        (f"{wav}_F000.wav", "F01", "neutral", "Excuse me."),
        (f"{wav}_M000.wav", "M01", "happy", None),
        (f"{wav}_M002.wav", "M01", "angry", "Is there a problem? [LAUGHTER]"),
    ]
    wav = "Session5/sentences/wav/Ses05M_script01_1b/Ses05M_script01_1b"
    scripted = [
        (f"{wav}_F000.wav", "F05", "happy", None),
        (f"{wav}_MXX0.wav", "M05", "sad", None),
    ]
    for name, expected in [
        ("iemocap", improvised + scripted),
        ("iemocap-improvised", improvised),
        ("iemocap-scripted", scripted),
    ]:
        rows = read(name, iemocap)
        assert told(rows, iemocap) == expected
        assert {row.corpus for row in rows} == {name}
        assert {(row.start, row.end) for row in rows} == {(None, None)}
        assert [row.path for row in read(name, iemocap.parent)] == [row.path for row in rows]


def test_partners_of_iemocap_are_in_one_fold() -> None:
    complete = READERS["iemocap"].complete
    assert complete
    rows = [
        Row(corpus="iemocap", path=Path(), speaker=speaker, emotion="sad")
        for speaker in complete.speakers
    ]
    tested = [[name for _, name in split.test] for split in splits(rows)]
    assert tested == [[f"F0{session}", f"M0{session}"] for session in range(1, 6)]


def test_one_session_of_iemocap_is_enough(iemocap: Path) -> None:
    assert {row.speaker for row in read("iemocap", iemocap / "Session5")} == {"F05", "M05"}
    with pytest.raises(EdgeSerError, match="no Session.*EmoEvaluation.*name the folder above"):
        read("iemocap", iemocap / "Session1/sentences")
    with pytest.raises(EdgeSerError, match="nothing usable for iemocap-scripted"):
        read("iemocap-scripted", iemocap / "Session1")


@pytest.mark.parametrize("spelling", ["Evalution.txt", "Evaluation.txt"])
def test_msp_improv_takes_the_consensus_not_the_intention(
    make_wav: MakeWav, tmp_path: Path, spelling: str
) -> None:
    ratings = "A:3.166667; V:2.833333; D:2.833333 ; N:4.166667;"
    write(
        tmp_path / spelling,
        f"UTD-IMPROV-S01A-F01-P-FM01.avi; N; {ratings}\n"
        "Eva-1; Angry; Frustrated,Angry; A:3.000000; V:3.000000; D:3.000000; N:4.000000;\n"
        "Eva-2; Neutral; Neutral; A:3.000000; V:3.000000; D:NaN; N:4.000000;\n"
        "\n"
        f"UTD-IMPROV-S01A-F01-P-MF01.avi; H; {ratings}\n"
        f"UTD-IMPROV-S08S-M06-T-MF12.avi; S; {ratings}\n"
        f"UTD-IMPROV-S08A-M06-R-MM01.avi; A; A:3.0; V:2.0; D:NaN ; N:NaN;\n"
        f"UTD-IMPROV-S08A-M06-S-FM02.avi; X; {ratings}\n"
        f"UTD-IMPROV-S08A-M06-S-FM03.avi; O; {ratings}\n",
    )
    write(tmp_path / "Text/MSP-IMPROV-S01A-F01-P-FM01.txt", "Are you\n ready?\n")
    write(tmp_path / "Text/MSP-IMPROV-S01A-F01-P-MF01.txt", "\n")
    for clip in (
        "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01",
        "session1/S01A/P/MSP-IMPROV-S01A-F01-P-MF01",
        "session6/S08A/R/MSP-IMPROV-S08A-M06-R-MM01",
        "session6/S08A/S/MSP-IMPROV-S08A-M06-S-FM02",
        "session6/S08A/S/MSP-IMPROV-S08A-M06-S-FM03",
        "session6/S08A/S/MSP-IMPROV-S08A-M06-S-FM04",
        "session6/S08S/T/MSP-IMPROV-S08S-M06-T-MF12",
    ):
        make_wav(f"Audio/{clip}.wav", rate=44_100)
    assert told(read("msp-improv", tmp_path), tmp_path) == [
        ("Audio/session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav", "01", "neutral", "Are you ready?"),
        ("Audio/session1/S01A/P/MSP-IMPROV-S01A-F01-P-MF01.wav", "01", "happy", None),
        ("Audio/session6/S08A/R/MSP-IMPROV-S08A-M06-R-MM01.wav", "06", "angry", None),
        ("Audio/session6/S08S/T/MSP-IMPROV-S08S-M06-T-MF12.wav", "06", "sad", None),
    ]
    (tmp_path / spelling).unlink()
    with pytest.raises(EdgeSerError, match=r"no Evalution\.txt"):
        read("msp-improv", tmp_path)


def test_crema_d_leaves_out_what_its_authors_call_broken(make_wav: MakeWav, tmp_path: Path) -> None:
    for clip in (
        "1001_DFA_ANG_XX",
        "1001_IEO_HAP_HI",
        "1001_IEO_FEA_HI",
        "1001_TAI_DIS_XX",
        "1040_ITH_SAD_X",
        "1076_MTI_NEU_XX",
        "1076_MTI_SAD_XX",
        "1064_TIE_SAD_XX",
        "1091_WSI_NEU_XX",
    ):
        make_wav(f"AudioWAV/{clip}.wav")
    assert told(read("crema-d", tmp_path), tmp_path) == [
        ("AudioWAV/1001_DFA_ANG_XX.wav", "1001", "angry", "Don't forget a jacket"),
        ("AudioWAV/1001_IEO_HAP_HI.wav", "1001", "happy", "It's eleven o'clock"),
        ("AudioWAV/1040_ITH_SAD_X.wav", "1040", "sad", "I think I have a doctor's appointment"),
        ("AudioWAV/1091_WSI_NEU_XX.wav", "1091", "neutral", "We'll stop in a couple of minutes"),
    ]


@pytest.mark.parametrize("table", ["votes.csv", "processedResults/summaryTable.csv"])
def test_crema_d_tells_what_the_crowd_heard(table: str, make_wav: MakeWav, tmp_path: Path) -> None:
    heard = {"DFA_ANG": "A", "IEO_HAP": "A:D:N", "ITH_SAD": "F", "TAI_NEU": None}
    lines = ["FileName,VoiceVote,VoiceLevel"]
    for clip, vote in heard.items():
        make_wav(f"AudioWAV/1001_{clip}_XX.wav")
        lines += [f"1001_{clip}_XX,{vote},60"] if vote else []
    (tmp_path / table).parent.mkdir(exist_ok=True)
    (tmp_path / table).write_text("\n".join(lines))
    votes = [row.votes for row in read("crema-d", tmp_path)]
    assert votes == [(1.0, 0.0, 0.0, 0.0), (0.5, 0.0, 0.5, 0.0), None, None]
    (tmp_path / table).write_text("clip,heard\nx,A\n")
    with pytest.raises(EdgeSerError, match=r"is not the crowd's table \('FileName'\)"):
        read("crema-d", tmp_path)


def test_tess_knows_two_speakers(make_wav: MakeWav, tmp_path: Path) -> None:
    for clip in (
        "OAF_angry/OAF_back_angry",
        "OAF_neutral/OA_bite_neutral",
        "OAF_Pleasant_surprise/OAF_back_ps",
        "OAF_Fear/OAF_back_fear",
        "YAF_sad/YAF_youth_sad",
        "YAF_happy/YAF_youth_happy",
    ):
        make_wav(f"data/{clip}.wav", rate=24_414)
        make_wav(f"data/twice/{clip}.wav", rate=24_414)
    assert told(read("tess", tmp_path), tmp_path) == [
        ("data/OAF_angry/OAF_back_angry.wav", "OAF", "angry", "Say the word back"),
        ("data/OAF_neutral/OA_bite_neutral.wav", "OAF", "neutral", "Say the word bite"),
        ("data/YAF_happy/YAF_youth_happy.wav", "YAF", "happy", "Say the word youth"),
        ("data/YAF_sad/YAF_youth_sad.wav", "YAF", "sad", "Say the word youth"),
    ]


@pytest.mark.parametrize("layout", ["AudioData/{}/{}.wav", "ALL/{}_{}.wav"])
def test_savee_in_both_layouts(make_wav: MakeWav, tmp_path: Path, layout: str) -> None:
    codes = ("a01", "d01", "f01", "h15", "n30", "sa02", "su02")
    paths = [layout.format(speaker, code) for speaker in ("DC", "KL") for code in codes]
    for path in paths:
        make_wav(path, rate=44_100)
    make_wav("AudioData/someone/a01.wav")
    emotions = [("a01", "angry"), ("h15", "happy"), ("n30", "neutral"), ("sa02", "sad")]
    assert told(read("savee", tmp_path), tmp_path) == [
        (layout.format(speaker, code), speaker, emotion, None)
        for speaker in ("DC", "KL")
        for code, emotion in emotions
    ]


def test_savee_takes_a_clip_of_both_layouts_once(make_wav: MakeWav, tmp_path: Path) -> None:
    for path in ("ALL/DC_a01.wav", "AudioData/DC/a01.wav", "AudioData/JE/a01.wav"):
        make_wav(path)
    rows = read("savee", tmp_path)
    assert [(row.speaker, row.path.parent.name) for row in rows] == [("DC", "ALL"), ("JE", "JE")]


def test_urdu_speakers_come_first_in_the_name(make_wav: MakeWav, tmp_path: Path) -> None:
    for clip in (
        "Angry/SM1_F10_A010",
        "Happy/SF11_F1_H01",
        "Neutral/SM5_F2_N0100",
        "Sad/SM27_F1_S93",
    ):
        make_wav(f"{clip}.wav")
    make_wav("Sad/readme.wav")
    assert told(read("urdu", tmp_path), tmp_path) == [
        ("Angry/SM1_F10_A010.wav", "SM1", "angry", None),
        ("Happy/SF11_F1_H01.wav", "SF11", "happy", None),
        ("Neutral/SM5_F2_N0100.wav", "SM5", "neutral", None),
        ("Sad/SM27_F1_S93.wav", "SM27", "sad", None),
    ]


@pytest.mark.parametrize(
    ("name", "speakers", "clips"),
    [
        ("ravdess", 24, 864),
        ("emodb", 10, 339),
        ("iemocap", 10, 5531),
        ("iemocap-improvised", 10, 0),
        ("iemocap-scripted", 10, 0),
        ("msp-improv", 6, 7798),
        ("crema-d", 91, 4897),
        ("tess", 2, 1600),
        ("savee", 4, 300),
        ("urdu", 29, 400),
    ],
)
def test_what_complete_copies_hold(name: str, speakers: int, clips: int) -> None:
    complete = READERS[name].complete
    assert complete is not None
    assert len(set(complete.speakers)) == speakers
    assert list(complete.speakers) == sorted(complete.speakers)
    assert sum(complete.emotions.values()) == clips
    assert set(complete.emotions) == (set(LABELS) if clips else set())
    assert READERS["nemo"].complete is None
