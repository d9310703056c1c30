"""The state of a room and its mood, without a clock and without a broker."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from edge_ser.events import LABELS, EmotionEvent
from edge_ser.sinks.mqtt.state import FORGOTTEN, HALF_LIFE, IDLE, Mood, State
from tests.test_sinks import LOST, UTTERANCE, WINDOW

BACK = replace(LOST, status="back")
UNSURE = replace(UTTERANCE, emotion=None)
NEUTRAL = {"angry": 0.0, "happy": 0.0, "neutral": 1.0, "sad": 0.0}
ANGRY = {"angry": 1.0, "happy": 0.0, "neutral": 0.0, "sad": 0.0}


def test_it_speaks_until_the_utterance_and_is_idle_half_a_minute_later() -> None:
    state = State()
    assert (state.value, state.until) == ("idle", float("inf"))
    assert state.hear(WINDOW, 100) and state.value == "speaking"
    assert not state.hear(WINDOW, 100.5)
    assert state.until == 100.5 + IDLE
    assert state.hear(UTTERANCE, 102) and state.value == "angry"
    assert not state.hear(UTTERANCE, 103)
    assert not state.pass_time(102 + IDLE)
    assert state.pass_time(103 + IDLE) and state.value == "idle"
    assert not state.pass_time(200)
    assert state.hear(UNSURE, 300) and state.value == "unsure"
    assert state.hear(WINDOW, 303) and state.value == "speaking"
    assert state.pass_time(303 + IDLE) and state.value == "idle"


@pytest.mark.parametrize("status", ["lost", "silent", "error"])
def test_nobody_speaks_into_a_lost_microphone(status: Literal["lost", "silent", "error"]) -> None:
    state = State()
    state.hear(WINDOW, 0)
    assert not state.hear(BACK, 1)
    assert state.hear(replace(LOST, status=status), 2) and state.value == "idle"
    state.hear(UTTERANCE, 3)
    assert not state.hear(replace(LOST, status=status), 4)
    assert state.value == "angry"
    assert state.until == 3 + IDLE


def said(probabilities: dict[str, float], seconds: float) -> EmotionEvent:
    return replace(UTTERANCE, start=10.0, end=10.0 + seconds, probabilities=probabilities)


def test_the_first_mood_is_the_first_utterances() -> None:
    assert Mood().hear(UTTERANCE, 0) == {
        "emotion": "angry",
        "probabilities": UTTERANCE.probabilities,
    }


def test_after_a_minute_of_speech_what_was_counts_half() -> None:
    mood = Mood()
    for _ in range(60):
        mood.hear(said(NEUTRAL, 30), 0)
    for _ in range(20):
        told = mood.hear(said(ANGRY, HALF_LIFE / 20), 0)
    assert told["probabilities"] == pytest.approx(
        {"angry": 0.5, "happy": 0, "neutral": 0.5, "sad": 0}, abs=1e-4
    )
    assert mood.hear(said(ANGRY, 1), 0)["emotion"] == "angry"


def test_two_halves_are_a_whole_and_long_ones_count_more() -> None:
    halves, whole = Mood(), Mood()
    for mood in (halves, whole):
        mood.hear(said(NEUTRAL, 4), 0)
    halves.hear(said(ANGRY, 3), 0)
    told = halves.hear(said(ANGRY, 3), 0)
    assert told == whole.hear(said(ANGRY, 6), 0)
    assert told["probabilities"]["angry"] > 0.6
    assert list(told["probabilities"]) == list(LABELS)
    assert sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_an_old_mood_is_forgotten() -> None:
    mood = Mood()
    mood.hear(said(ANGRY, 30), 0)
    assert mood.hear(said(NEUTRAL, 1), FORGOTTEN)["emotion"] == "angry"
    assert mood.hear(said(NEUTRAL, 1), 2 * FORGOTTEN + 1)["probabilities"] == NEUTRAL
