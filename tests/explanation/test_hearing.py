"""What is kept of a recording: signal, voice, answers, and the nodes behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_ser.audio import SAMPLING_RATE, AudioFile, AudioSignal
from edge_ser.demo import PATH as DEMO
from edge_ser.explanation.attribution import Occlusion
from edge_ser.explanation.hearing import BIN, Hearing, hear
from edge_ser.recognizer import Recognizer, load
from edge_ser.speech.whisper_segmenter import ROOM


def test_it_hears_what_classify_hears(recognizer: Recognizer, demo: Hearing, clip: Path) -> None:
    assert demo.result == recognizer.classify(clip)
    assert [h.event.start for h in demo.longest] == [u.start for u in demo.result.utterances]
    assert {w.type for w in demo.windows} == {"window"}


def test_an_answer_can_be_computed_again(recognizer: Recognizer, demo: Hearing) -> None:
    for heard in demo.longest:
        again = Occlusion(recognizer, recognizer.inputs(heard.segment.values, heard.voice))
        assert again.probabilities.tolist() == list(heard.event.probabilities.values())
    assert demo.longest[0].voice.count == 0 < demo.longest[1].voice.count


def test_the_offset_of_an_enrolled_voice_counts(recognizer: Recognizer, demo: Hearing) -> None:
    values, voice = demo.longest[0].segment.values, recognizer.unknown_voice()
    voice.offset = np.array([0.3, -0.1, -0.1, -0.1], np.float32)
    again = Occlusion(recognizer, recognizer.inputs(values, voice), voice)
    assert again.probabilities.tolist() == recognizer.probabilities(values, voice).tolist()
    voice.offset = None
    assert abs(again.probabilities - recognizer.probabilities(values, voice)).max() > 0.001


def test_nodes_lie_in_their_utterance(recognizer: Recognizer, demo: Hearing) -> None:
    features = recognizer.bundle.features
    for heard in demo.longest:
        segment = heard.segment
        last = segment.first + (len(segment.values) - 1) * features.step
        room = ROOM if features.neural else 0.0
        assert segment.start - room <= segment.first < segment.start + 0.2 + room
        assert segment.end - 0.3 - room < last <= segment.end + room


def test_times_of_nodes_follow_the_sound(recognizer: Recognizer, demo: Hearing) -> None:
    signal, rate = soundfile.read(DEMO, stop=8 * 16_000)
    moved_signal = AudioSignal(np.concatenate([np.zeros(5000), signal]), rate)
    later = hear(recognizer, moved_signal, voice=recognizer.unknown_voice())
    for one, two in zip(demo.longest[:2], later.longest, strict=True):
        moved = two.segment.first - one.segment.first
        assert moved == pytest.approx(two.segment.start - one.segment.start, abs=0.11)


def test_the_waveform_is_that_of_the_signal(demo: Hearing, clip: Path) -> None:
    with AudioFile(clip) as source:
        samples = np.concatenate([block.samples for block in source])
    assert demo.seconds == pytest.approx(len(samples) / SAMPLING_RATE)
    assert len(demo.waveform.low) == len(samples) // BIN
    second = samples[SAMPLING_RATE : 2 * SAMPLING_RATE]
    part = demo.waveform.between(1.0, 2.0)
    assert len(part.low) == SAMPLING_RATE // BIN
    assert part.high.max() == second.max()
    assert part.low.min() == second.min()


def test_pitch_is_that_of_a_tone() -> None:
    t = np.arange(3 * SAMPLING_RATE) / SAMPLING_RATE
    phase = 2 * np.pi * np.cumsum(150 + 50 * t) / SAMPLING_RATE  # 150 to 300 Hz
    tone = 0.05 * np.sum([np.sin(k * phase) / k for k in range(1, 20)], axis=0)
    source = AudioSignal(np.pad(tone, SAMPLING_RATE), SAMPLING_RATE)
    cogcn = load("cogcn")
    voice = hear(cogcn, source, voice=cogcn.unknown_voice()).voice
    assert voice is not None
    inside = (voice.times > 1.2) & (voice.times < 3.8) & ~np.isnan(voice.pitch)
    assert inside.mean() > 0.4
    wanted = 150 + 50 * (voice.times[inside] - 1)
    assert np.median(np.abs(voice.pitch[inside] / wanted - 1)) < 0.02
    assert np.isnan(voice.pitch[voice.times < 0.9]).all()
    assert voice.loudness[inside].min() > 10 * voice.loudness[voice.times < 0.9].max()


def test_only_the_longest_are_kept_in_order_of_time() -> None:
    cogcn = load("cogcn")
    hearing = hear(cogcn, AudioFile(DEMO), voice=cogcn.unknown_voice(), most=2)
    longest = sorted(hearing.result.utterances, key=lambda u: u.start - u.end)[:2]
    starts = [h.event.start for h in hearing.longest]
    assert starts == sorted(u.start for u in longest)
