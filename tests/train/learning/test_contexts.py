"""Contexts in training give what a device has heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_ser.events import LABELS
from edge_ser.features import feature_set
from edge_ser.nodes import Nodes
from edge_ser.voice import VoiceStatistics
from train.corpora import Row
from train.learning.contexts import Contexts, draw_context
from train.learning.data import Clips, Table
from train.learning.scoring import Subset

EMOTIONS = np.arange(80) % 4
NEUTRAL = LABELS.index("neutral")


def test_draws_are_other_clips_uniform_mostly_neutral_or_one_sided() -> None:
    random = np.random.default_rng(0)
    others = np.arange(1, 80)
    drawn = [draw_context(others, EMOTIONS, random) for _ in range(2000)]
    assert {len(clips) for clips in drawn} >= {0, 1, 2, 4, 8, 16, 32}
    assert all(len(set(clips.tolist())) == len(clips) and 0 not in clips for clips in drawn)
    long = [EMOTIONS[clips] for clips in drawn if len(clips) >= 16]
    neutral = np.array([np.mean(emotions == NEUTRAL) for emotions in long])
    assert 0.25 < np.mean(neutral > 0.45) < 0.55
    largest = np.array(
        [np.bincount(emotions, minlength=4).max() / len(emotions) for emotions in long]
    )
    assert np.mean((largest > 0.45) & (neutral < 0.3)) > 0.03
    assert 0.3 < np.mean(largest < 0.4) < 0.6


def test_without_a_neutral_class_contexts_are_uniform_or_one_sided() -> None:
    random = np.random.default_rng(0)
    others, emotions = np.arange(80), np.arange(80) % 2
    drawn = [draw_context(others, emotions, random, ("calm", "stressed")) for _ in range(2000)]
    shares = np.array([np.mean(emotions[clips]) for clips in drawn if len(clips) >= 16])
    assert 0.45 < np.mean(shares) < 0.55
    assert np.mean(np.abs(shares - 0.5) < 0.2) > 0.7


def test_someone_with_one_clip_stays_unknown() -> None:
    random = np.random.default_rng(0)
    nobody = np.empty(0, np.int64)
    assert all(len(draw_context(nobody, EMOTIONS, random)) == 0 for _ in range(100))


def test_a_context_is_what_a_device_would_have_heard() -> None:
    random = np.random.default_rng(1)
    found = [
        Nodes(random.normal(1, 2, (n, 88)).astype(np.float32), [(0.0, n / 10)], [n])
        for n in (5, 7, 9, 4)
    ]
    rows = [
        Row(corpus="c", path=Path("x.wav"), speaker=speaker, emotion="sad")
        for speaker in ("a", "a", "a", "b")
    ]
    clips = Clips.of(found, feature_set("egemaps-88@500/100"))
    subset = Subset(clips, clips.values, np.arange(4), [], 4)
    contexts = Contexts([subset], Table.of(rows), prior=100.0)
    heard = set()
    for _ in range(200):
        voice = contexts.draw(0, 0, random)
        heard.add(voice.count)
        for chosen in ([], [1], [2], [1, 2]):
            device = VoiceStatistics(100.0)
            for clip in chosen:
                device.hear(found[clip].values, 1.0)
            if device.count == voice.count:
                expected = device.transform(found[0].values, 5.0)
                np.testing.assert_allclose(
                    voice.transform(found[0].values, 5.0), expected, atol=1e-5
                )
    assert heard == {0, 7, 9, 16}
    assert contexts.draw(3, 0, random).count == 0


@pytest.mark.parametrize("weight", [0.25, 1.0])
def test_statistics_converge_to_the_voice(weight: float) -> None:
    random = np.random.default_rng(2)
    voice = VoiceStatistics(100.0)
    for _ in range(400):
        voice.hear(random.normal(2, 0.5, (50, 3)).astype(np.float32), weight)
    assert voice.count == 3000
    later = voice.transform(random.normal(2, 0.5, (5000, 3)).astype(np.float32), 5.0)
    # a 31st of what is known is still the prior, of mean 0 and variance 1
    share = 30 / 31
    deviation = np.sqrt(1 / 31 + share * 4.25 - (2 * share) ** 2)
    np.testing.assert_allclose(later.mean(0), (2 - 2 * share) / deviation, atol=0.03)
    np.testing.assert_allclose(later.std(0), 0.5 / deviation, atol=0.03)
