"""Voices that are learnt from a stream, as the page asks for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import edge_ser as package
from edge_ser import profiles
from edge_ser.audio import AudioFile
from edge_ser.demo import PATH as DEMO
from edge_ser.enrolment import Enrolment
from edge_ser.errors import EdgeSerError
from edge_ser.events import Event
from edge_ser.sinks.web.enrolling import Enrolling
from tests.command import edge_ser
from tests.web import first, serving, spoken

pytestmark = pytest.mark.usefixtures("home")


def test_a_voice_is_learnt_from_the_stream(
    recognizer: package.Recognizer, corpora: Path, tmp_path: Path, home: Path
) -> None:
    file = spoken(corpora, tmp_path / "talk.flac", 48)
    with serving(recognizer) as page:
        status, _, text = page.ask("/enrolment", "POST", {"name": " anna "})
        assert (status, text) == (204, "")
        status, _, text = page.ask("/enrolment", "POST", {"name": "ben"})
        assert status == 400
        assert json.loads(text)["error"] == "anna is reading already; wait, or cancel that first"
        with page.reading() as found:
            state = first(found, "enrolment")
            assert (state["state"], state["name"], state["seconds"]) == ("reading", "anna", 0)
            assert "the sunlight strikes raindrops" in state["text"]
            for event in recognizer.stream(file, observer=page.web.observe):
                page.web(event)
            told = []
            while state["state"] == "reading":
                state = first(found, "enrolment")
                told.append(state["seconds"])
            assert told == sorted(told) and len(told) > 5
            assert state["state"] == "saved", state
            assert state["message"].startswith("anna is learnt: 2")
    learnt = profiles.load("anna", recognizer.bundle)
    enrolment = Enrolment(recognizer)
    for _ in enrolment.hear(AudioFile(file)):
        if enrolment.enough:
            break
    assert learnt.count == pytest.approx(enrolment.voice.count, abs=0.01)
    np.testing.assert_allclose(learnt.mean, enrolment.voice.mean, atol=1e-5)
    (listed,) = edge_ser("profiles", "--json").records
    assert listed["name"] == "anna"


def test_an_enrolment_is_cancelled_and_given_up(
    recognizer: package.Recognizer, tmp_path: Path, home: Path
) -> None:
    quiet = tmp_path / "quiet.wav"
    soundfile.write(quiet, np.zeros(16_000 * 90, np.int16), 16_000)
    with serving(recognizer) as page, page.reading() as found:
        page.ask("/enrolment", "POST", {"name": "anna"})
        assert first(found, "enrolment")["state"] == "reading"
        page.ask("/enrolment", "DELETE")
        assert first(found, "enrolment")["state"] == "idle"
        page.ask("/enrolment", "POST", {"name": "anna"})
        list(recognizer.stream(quiet, observer=page.web.observe))
        while (state := first(found, "enrolment"))["state"] == "reading":
            pass
        assert state["state"] == "failed"
        assert "only 0.0 s of speech were heard, 20 are needed" in state["message"]
    assert not home.exists()


def test_what_was_being_said_before_is_left_out(
    recognizer: package.Recognizer, events: list[Event]
) -> None:
    """The demo clip's first utterance goes on when the enrolment begins."""
    whole = next(e for e in events if e.type == "utterance")
    signal, rate = soundfile.read(DEMO, dtype="int16")
    states: list[dict[str, Any]] = []
    enrolling = Enrolling(recognizer, states.append)
    with recognizer.session(rate=rate, observer=enrolling.observe) as session:
        middle = round(rate * (whole.start + whole.end) / 2)
        heard = session.push(signal[:middle])
        enrolling.start("anna")
        heard += [*session.push(signal[middle:]), *session.finish()]
    enrolment = enrolling._enrolment
    assert enrolment
    lengths = [e.end - e.start for e in heard if e.type == "utterance"]
    assert 0 < enrolment.seconds == pytest.approx(sum(lengths[1:]), abs=0.01)


def test_a_model_that_does_not_adapt_learns_nobody(
    recognizer: package.Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(recognizer.bundle), "prior", None)
    with pytest.raises(EdgeSerError, match="model cogcn does not adapt to voices"):
        Enrolment(recognizer)
