from __future__ import annotations

from edge_ser.speech.vad import VoiceActivityDetector


def test_voice_has_a_pitch_and_stands_clear_of_the_floor() -> None:
    vad = VoiceActivityDetector()
    assert not vad.push(1.0, 0.0)  # no pitch; the floor is that of silence until something is lower
    assert vad.push(1.0, 30.0)
    assert not vad.push(0.02, 30.0)
    assert vad.push(0.03, 30.0)


def test_the_floor_rises_under_a_steady_sound_and_falls_at_once() -> None:
    vad = VoiceActivityDetector()
    heard = [vad.push(1.0, 30.0) for _ in range(2000)]
    assert heard[0] and not heard[-1]
    # 0.02 doubles in two seconds: 1 / 1.25 is reached after 10.6 s
    assert 1050 < heard.index(False) < 1080
    vad.push(0.01, 0.0)
    assert vad.push(1.0, 30.0)
