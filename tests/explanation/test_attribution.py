"""Leave-one-out, whether it is faithful, and how it is told."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edge_ser.audio import AudioFile
from edge_ser.explanation import words
from edge_ser.explanation.attribution import Attribution, Occlusion, attribute, deletion_curve
from edge_ser.explanation.groups import OTHER, group_of, groups
from edge_ser.explanation.hearing import Hearing, hear
from edge_ser.features import FeatureStream, feature_set
from edge_ser.recognizer import Recognizer


def test_leaving_out_is_computing_again(recognizer: Recognizer, demo: Hearing) -> None:
    values = np.concatenate([h.segment.values for h in demo.longest * 3])  # several windows
    x = recognizer.inputs(values)
    occlusion = Occlusion(recognizer, x)
    assert len(recognizer.windows(len(x))) > 1
    rows, columns = np.zeros(len(x), bool), np.zeros(x.shape[1], bool)
    rows[90:110], columns[:10] = True, True
    changed = x.copy()
    changed[90:110, :10] = 0.0
    scores = [recognizer.score(changed[part]) for part in recognizer.windows(len(x))]
    wanted = recognizer.softmax(np.mean(scores, axis=0, dtype=np.float32))
    found = occlusion.without(rows, columns)
    assert found.probabilities.tolist() == wanted.tolist()
    before, after = (
        np.log(p / (1 - p))[occlusion.label] for p in (occlusion.probabilities, wanted)
    )
    assert found.drop == pytest.approx(before - after)
    nothing = occlusion.without(np.zeros(len(x), bool))
    assert nothing.drop == 0.0
    assert nothing.probabilities.tolist() == occlusion.probabilities.tolist()


def test_every_feature_belongs_to_a_group() -> None:
    sizes = {}
    for spec in ("egemaps-69@500/100", "egemaps-88@500/100", "egemaps-lld"):
        with FeatureStream(feature_set(spec)) as stream:
            found = groups(stream.names)
        assert np.sum(list(found.values()), axis=0).tolist() == [1] * len(stream.names)
        sizes[spec] = {name: int(own.sum()) for name, own in found.items()}
        assert OTHER.name not in found
    assert sizes["egemaps-69@500/100"] == {
        "tempo": 6,
        "loudness": 1,
        "pitch": 10,
        "voice quality": 10,
        "formants": 18,
        "spectrum": 24,
    }
    assert sizes["egemaps-88@500/100"]["loudness"] == 11
    assert group_of("lspFreq_sma[0]").name == "formants"
    assert group_of("something new") == OTHER


def test_what_counts_comes_first(demo: Hearing, explained: list[Attribution]) -> None:
    for heard, found in zip(demo.longest, explained, strict=True):
        assert len(found.drops) == len(found.times) == len(heard.segment.values)
        assert found.times[0] == heard.segment.first
        assert found.curve.most[0] == found.probabilities[found.label]
        assert found.curve.shares[0] == 0.0 and found.curve.shares[-1] == 1.0
        assert found.curve.most[-1] == found.curve.least[-1]  # all is left out: no order matters
        assert found.curve.spread > found.curve.area > 0
        assert found.stretch is not None
        assert found.stretch.end - found.stretch.start == pytest.approx(0.5)
        inside = (found.times > found.stretch.start) & (found.times < found.stretch.end)
        assert found.drops[inside].mean() > found.drops[~inside].mean()


def test_the_order_is_faithful_and_a_random_one_is_not(
    recognizer: Recognizer, demo: Hearing, explained: list[Attribution]
) -> None:
    rng = np.random.default_rng(1)
    chance = []
    for heard in demo.longest:
        occlusion = Occlusion(recognizer, recognizer.inputs(heard.segment.values, heard.voice))
        nodes = np.arange(len(occlusion.x))

        def probability(
            parts: np.ndarray, occlusion: Occlusion = occlusion, nodes: np.ndarray = nodes
        ) -> float:
            left = occlusion.without(np.isin(nodes, parts))
            return float(left.probabilities[occlusion.label])

        chance.append(deletion_curve(probability, rng.random(len(nodes))).area)
    ours = np.mean([found.curve.area for found in explained])
    assert ours > 0.05
    assert abs(np.mean(chance)) < 0.4 * ours


def test_the_order_beats_chance_on_real_clips(recognizer: Recognizer, corpora: Path) -> None:
    """As `benchmarks/results/explanations.md` says, on few clips."""
    clips = sorted(corpora.glob("ravdess/Actor_*/03-01-0[1345]-02-01-01-*.flac"))[::36]
    clips += sorted(corpora.glob("emodb/wav/*.flac"))[::120]
    areas = []
    for clip in clips:
        hearing = hear(recognizer, AudioFile(clip), voice=recognizer.unknown_voice(), most=1)
        for heard in hearing.longest:
            x = recognizer.inputs(heard.segment.values, heard.voice)
            areas.append(attribute(recognizer, x, heard.segment.first, {}).curve.area)
    assert len(areas) >= 5
    assert np.mean(areas) > 0.04
    assert np.mean(np.array(areas) > 0) >= 0.8


def test_it_says_what_it_found(explained: list[Attribution], recognizer: Recognizer) -> None:
    if recognizer.bundle.name != "cogcn":
        told = words.sentences(explained[0], recognizer.bundle.labels)
        assert len(told) == 1 and told[0].startswith("In time, ")
        return
    for found in explained:
        labels = recognizer.bundle.labels
        label, share = labels[found.label], r"\d+ %"
        time, measured, *against = words.sentences(found, labels)
        falls = rf"without that, {label} falls from {share} to {share}"
        likelier = rf"(, and \w+ becomes more likely \({share}\))?\."
        assert re.fullmatch(
            rf"In time, [\d.]+–[\d.]+ s counted most for {label}: {falls}{likelier}", time
        )
        assert re.fullmatch(
            rf"Of what is measured, the .+ counted most: {falls}{likelier}", measured
        )
        for line in against:
            assert re.fullmatch(
                rf"Against {label} spoke the .+: without that, {label} rises from {share} to "
                rf"{share}\.",
                line,
            )
        said = words.check(found, labels)
        assert re.match(rf"From {share}, {label} goes to {share} without the half of the", said)


def test_it_admits_what_it_did_not_find(recognizer: Recognizer) -> None:
    x = np.zeros((12, recognizer.bundle.features.dimension), np.float32)  # nothing to leave out
    own = {"pitch": np.arange(x.shape[1]) < 10}
    found = attribute(recognizer, x, 0.0, own)
    label = recognizer.bundle.labels[found.label]
    assert words.sentences(found, recognizer.bundle.labels) == [
        f"No part in time counted by itself: {label} is as likely without any one.",
        f"Nothing that is measured counted for {label} by itself alone.",
    ]
    assert "do not read much into the bars" in words.check(found, recognizer.bundle.labels)
    assert attribute(recognizer, x[:9], 0.0, {}).stretch is None
