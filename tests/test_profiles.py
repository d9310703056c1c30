"""Voices are learnt, kept and used: by the command line, by Python, over restarts."""

from __future__ import annotations

import json
import stat
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

import edge_ser as package
from edge_ser import profiles
from edge_ser.audio import AudioFile
from edge_ser.demo import PATH as DEMO
from edge_ser.errors import EdgeSerError
from edge_ser.sinks.memory import VoiceMemory
from edge_ser.voice import VoiceStatistics
from tests.command import COMMAND, edge_ser
from tests.virtual import ROOT, Environment

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def recordings(corpora: Path) -> list[Path]:
    """Find neutral clips of one actor: together half a minute of speech."""
    return sorted(corpora.glob("ravdess/Actor_03/03-01-0[12]-*.flac"))[:20]


def test_a_voice_is_enrolled_listed_and_used(recordings: list[Path], home: Path) -> None:
    done = edge_ser("enrol", "anna", "--input", *recordings)
    assert done.returncode == 0, done.stderr
    file = home / "anna.json"
    assert f"s of speech; {file}" in done.stdout
    assert file.stat().st_size < 8_000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text())
    assert content["seconds"] > 20
    assert list(content) == [
        *("format", "model", "version", "features", "normalisation"),
        *("n", "mean", "mean_square", "seconds", "created"),
    ]
    (listed,) = edge_ser("profiles", "--json").records
    assert (listed["name"], listed["model"], listed["path"]) == ("anna", "cogcn", str(file))
    assert "anna" in edge_ser("profiles").stdout
    clip = recordings[-1]
    plain = edge_ser("classify", "--json", clip).records[0]["probabilities"]
    for given in ("anna", file):
        known = edge_ser("classify", "--json", "--profile", given, clip).records[0]["probabilities"]
        assert known != plain
    first = edge_ser("listen", "--input", DEMO, "--json", "--profile", "anna").records[0]
    assert first["heard"] == pytest.approx(content["seconds"], abs=0.1)


def test_too_little_speech_writes_nothing(recordings: list[Path], home: Path) -> None:
    done = edge_ser("enrol", "anna", "--input", recordings[0])
    assert done.returncode == 1
    assert "s of speech were heard, 20 are needed: speak longer" in done.stderr
    assert not home.exists()


def test_a_clipped_recording_is_refused(tmp_path: Path, home: Path) -> None:
    import soundfile

    signal, rate = soundfile.read(DEMO)
    loud = tmp_path / "loud.wav"
    soundfile.write(loud, np.clip(20 * signal, -1, 1), rate)
    done = edge_ser("enrol", "anna", "--input", loud, "--seconds", "1")
    assert done.returncode == 1
    assert "is too loud" in done.stderr
    assert not home.exists()


@pytest.mark.parametrize("name", ["../anna", "a/b", "", "."])
def test_names_stay_in_the_folder(name: str) -> None:
    done = edge_ser("enrol", name, "--input", DEMO)
    assert done.returncode == 1
    assert "cannot be the name of a profile" in done.stderr


def test_profiles_of_others_and_damaged_ones(
    recognizer: package.Recognizer, tmp_path: Path
) -> None:
    bundle = recognizer.bundle
    dimension = bundle.features.dimension
    offset = np.array([0.5, 0, -0.25, -0.25], np.float32)
    voice = VoiceStatistics(100.0, 50.0, np.ones(dimension), np.full(dimension, 2.0), offset)
    file = tmp_path / "voice.json"
    profiles.save(file, voice, bundle)
    loaded = profiles.load(str(file), bundle)
    assert loaded.count == 50
    np.testing.assert_array_equal(loaded.mean_square, voice.mean_square)
    assert loaded.offset is not None
    np.testing.assert_array_equal(loaded.offset, offset)
    good = json.loads(file.read_text())
    earlier = {key: value for key, value in good.items() if key != "offset"}
    file.write_text(json.dumps(earlier))
    assert profiles.load(str(file), bundle).offset is None
    for changes, message in (
        ({"model": "other"}, "was made for other"),
        ({"version": "0"}, "enrol again, with edge-ser enrol"),
        ({"normalisation": "0"}, "enrol again, with edge-ser enrol"),
        ({"format": "other"}, "is not a profile of edge-ser"),
        ({"mean": [1.0]}, "is damaged: enrol again"),
        ({"n": -1}, "is damaged: enrol again"),
        ({"offset": [0.1]}, "is damaged: enrol again"),
        ({"offset": [0.1, 0.1, 0.1, float("inf")]}, "is damaged: enrol again"),
        ({"offset": [0.1, 0.1, 0.1, 1e300]}, "is damaged: enrol again"),
        ({"mean": [float("nan")] * dimension}, "is damaged: enrol again"),
    ):
        file.write_text(json.dumps({**good, **changes}))
        with pytest.raises(EdgeSerError, match=message):
            profiles.load(str(file), bundle)
    for text in ("", "[]", "{", "[" * 100_000, "\0" * 2_000_000):
        file.write_text(text)
        with pytest.raises(EdgeSerError, match="is not a profile of edge-ser"):
            profiles.load(str(file), bundle)
    with pytest.raises(EdgeSerError, match="no such file or directory.*there are: none"):
        profiles.load("nobody", bundle)


def test_a_restart_goes_on_with_the_voice(tmp_path: Path) -> None:
    file = tmp_path / "state" / "voice.json"
    listen = ("listen", "--input", DEMO, "--json", "--remember", file)
    first = [r for r in edge_ser(*listen).records if r["type"] == "utterance"]
    assert [r["heard"] for r in first] == sorted(r["heard"] for r in first)
    assert first[0]["heard"] == 0 < first[-1]["heard"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = [r for r in edge_ser(*listen).records if r["type"] == "utterance"]
    assert again[0]["heard"] > first[-1]["heard"]
    file.write_text("damaged")
    done = edge_ser(*listen)
    assert done.returncode == 0
    assert "the voice is learnt anew" in done.stderr
    assert next(r for r in done.records if r["type"] == "utterance")["heard"] == 0


def test_nothing_is_learnt_if_not_wanted(recognizer: package.Recognizer) -> None:
    done = edge_ser("listen", "--input", DEMO, "--json", "--no-adapt")
    assert {r["heard"] for r in done.records} == {0}
    voice = recognizer.unknown_voice()
    recognizer.classify_source(AudioFile(DEMO), voice=voice, adapt=False)
    assert voice.count == 0
    recognizer.classify_source(AudioFile(DEMO), voice=voice)
    assert voice.count > 0
    assert edge_ser("listen", "--no-adapt", "--remember", "x").returncode == 2


def test_the_memory_warns_once_if_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = edge_ser("listen", "--input", DEMO, "--json", "--remember", tmp_path / "file" / "voice")
    assert done.returncode == 0
    assert done.stderr.count("cannot write profile") == 1
    assert "what is known of the voice is lost at the end" in done.stderr


def test_the_memory_is_written_once_a_minute(
    recognizer: package.Recognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("edge_ser.sinks.memory.time.monotonic", lambda: now)
    voice, file, written = recognizer.unknown_voice(), tmp_path / "voice.json", []
    with VoiceMemory(file, voice, recognizer.bundle, print) as memory:
        for event in recognizer.stream(AudioFile(DEMO), voice=voice):
            now += 25.0
            memory(event)
            if event.type == "utterance":
                written.append(file.exists() and json.loads(file.read_text())["n"])
    assert written[-1] and len(set(written)) > 1
    assert json.loads(file.read_text())["n"] == pytest.approx(voice.count, abs=0.01)


def test_profiles_without_any_and_with_a_damaged_one(home: Path) -> None:
    done = edge_ser("profiles")
    assert (done.returncode, done.stdout) == (0, "")
    assert "no profiles; learn a voice: edge-ser enrol NAME" in done.stderr
    home.mkdir(parents=True)
    (home / "worn.json").write_text("{")
    done = edge_ser("profiles", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "worn.json is not a profile of edge-ser, or is damaged" in done.stderr


@pytest.mark.system
def test_enrolment_at_the_microphone(vmic: Environment, corpora: Path, tmp_path: Path) -> None:
    """Read four seconds aloud; then say nothing, for too long."""
    clips = sorted(corpora.glob("emodb/wav/03*N?.flac"))[:4]
    enrol = [*COMMAND, "enrol", "--device", "vmic", "--seconds", "4"]
    for name, spoken in (("anna", clips), ("nobody", [])):
        process = subprocess.Popen(
            [*enrol, tmp_path / f"{name}.json"],
            cwd=ROOT,
            env=vmic,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(2)
        for clip in spoken:
            subprocess.run(["paplay", "--device=play", clip], env=vmic, check=True)
            time.sleep(0.8)
        out, err = process.communicate(timeout=30)
        assert "the sunlight strikes raindrops" in err
        if spoken:
            assert process.returncode == 0, err
            assert json.loads((tmp_path / "anna.json").read_text())["seconds"] >= 3.5
            assert "s of speech" in out
        else:
            assert process.returncode == 1
            assert "only 0.0 s of speech were heard, 4 are needed" in err
            assert not (tmp_path / "nobody.json").exists()
