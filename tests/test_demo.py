"""The demo clip: small, of a voice that no bundled model has heard, and what its script makes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from device import make_demo
from edge_ser.audio import SAMPLING_RATE
from edge_ser.bundle import bundled
from edge_ser.demo import PATH, SENTENCES
from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS


def test_it_is_small_and_needs_no_resampling() -> None:
    info = soundfile.info(PATH)
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLING_RATE, 1, "PCM_16")
    assert 30 <= info.duration <= 40
    assert PATH.stat().st_size <= 500_000


def test_the_crowd_heard_what_was_meant_in_eight_sentences() -> None:
    assert [sentence.meant for sentence in SENTENCES] == [*LABELS, *LABELS]
    assert all(sentence.heard == sentence.meant for sentence in SENTENCES)
    assert len({sentence.text for sentence in SENTENCES}) == len(SENTENCES)
    assert {sentence.clip.partition("_")[0] for sentence in SENTENCES} == {make_demo.ACTOR}


def test_silence_separates_the_sentences() -> None:
    clip, _ = soundfile.read(PATH, dtype="int16")
    borders = [0.0, *(edge for s in SENTENCES for edge in (s.start, s.end)), len(clip) / 16_000]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        assert end - start == pytest.approx(make_demo.PAUSE, abs=0.002)
        assert not clip[round(start * 16_000) + 16 : round(end * 16_000) - 16].any()


def test_no_bundled_model_has_heard_the_voice() -> None:
    models = bundled()
    assert len(models) == 3
    for model in models:
        training = json.loads((model.path / "model.json").read_text())["training"]
        assert training["recipe"]["without"] == [f"crema-d/{make_demo.ACTOR}"]
        assert training["corpora"]["crema-d"]["speakers"] == 79  # of the 80 there


def test_the_script_makes_it(
    corpora: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = tmp_path / "demo.flac", tmp_path / "demo.json"
    monkeypatch.setattr(make_demo, "PATH", made[0])
    monkeypatch.setattr(make_demo, "TABLE", made[1])
    assert make_demo.main([str(corpora / "crema-d")]) == 0
    assert made[1].read_bytes() == PATH.with_suffix(".json").read_bytes()
    clip, bundled_clip = (soundfile.read(path, dtype="int16")[0] for path in (made[0], PATH))
    # soxr rounds a little differently on other processors
    np.testing.assert_allclose(clip.astype(int), bundled_clip.astype(int), atol=1)


def test_a_corpus_without_votes_is_no_choice(
    corpora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "AudioWAV").symlink_to(corpora / "crema-d" / "AudioWAV")
    with pytest.raises(EdgeSerError, match=r"too few clips of actor 1006 with votes"):
        make_demo.choose(tmp_path)
    assert make_demo.main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"make_demo: {tmp_path}: too few clips")
