from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edge_ser import graph
from edge_ser.features import feature_set
from edge_ser.nodes import Nodes
from edge_ser.normalisation import Normalisation
from train.corpora import Row
from train.features.words import Words
from train.learning.data import Clips, Table, fit_normalisation, normalise_per_speaker
from train.learning.scoring import Subset
from train.learning.windows import batches, collate, cut_windows, shuffled
from train.metrics import NO_SPEECH

FEATURES = feature_set("egemaps-88@500/100")  # a window has at most 80 nodes


def clip(*counts: int, seed: int = 0) -> Nodes:
    random = np.random.default_rng(seed)
    starts = np.arange(len(counts)) * 20.0
    return Nodes(
        random.standard_normal((sum(counts), 88)).astype(np.float32),
        [(s, s + n / 10) for s, n in zip(starts.tolist(), counts, strict=True)],
        list(counts),
    )


def table(*speakers: str) -> Table:
    return Table.of(
        [Row(corpus="c", path=Path("x.wav"), speaker=name, emotion="sad") for name in speakers]
    )


CLIPS = Clips.of([clip(10), clip(), clip(5, 100, seed=2)], FEATURES)


def test_clips_are_windows_of_utterances() -> None:
    assert CLIPS.values.shape == (115, 88)
    assert CLIPS.bounds.tolist() == [[0, 10], [10, 15], [15, 95], [55, 115]]
    assert CLIPS.utterances.tolist() == [0, 1, 2, 2]
    assert CLIPS.owners.tolist() == [0, 2, 2]
    np.testing.assert_allclose(CLIPS.seconds, [1.0, 0.5, 10.0])
    assert CLIPS.rows.tolist() == [0] * 10 + [2] * 105


def test_windows_and_their_graphs_are_the_devices() -> None:
    made = cut_windows(CLIPS, CLIPS.values, np.array([2]), "cosine", 0.1)
    assert [g.row for g in made] == [2, 2, 2]
    assert [g.utterance for g in made] == [1, 2, 2]
    x = CLIPS.values[55:115]
    np.testing.assert_array_equal(made[2].x, x)
    np.testing.assert_array_equal(made[2].a_hat, graph.build("cosine", x, 0.1))


def test_cold_normalisation_never_sees_other_rows() -> None:
    normalisation = fit_normalisation(CLIPS, np.array([0, 1]), 5.0)
    np.testing.assert_allclose(normalisation.mean, CLIPS.values[:10].mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(normalisation.std, CLIPS.values[:10].std(axis=0), rtol=1e-5)


def test_per_speaker_normalisation() -> None:
    both = normalise_per_speaker(CLIPS, table("a", "a", "b"), 50.0)
    for own in (both[:10], both[10:]):
        np.testing.assert_allclose(own.mean(axis=0), 0.0, atol=1e-5)
        np.testing.assert_allclose(own.std(axis=0), 1.0, atol=1e-4)
    together = normalise_per_speaker(CLIPS, table("a", "b", "a"), 50.0)
    expected = Normalisation.fit(CLIPS.values, 50.0)
    np.testing.assert_allclose(together, (CLIPS.values - expected.mean) / expected.std, atol=1e-4)


def test_collate_pads_with_zeros() -> None:
    made = cut_windows(CLIPS, CLIPS.values, np.array([0, 2]), "temporal", None)
    batch = collate(made, [0, 1])
    x, a_hat, mask = batch.inputs
    assert x.shape == (2, 10, 88)
    assert mask.sum(dim=1).tolist() == [10, 5]
    assert not a_hat[1, 5:].any()
    assert not a_hat[1, :, 5:].any()
    torch.testing.assert_close(a_hat[1, :5, :5], made[1].a_hat)
    assert sorted(i for b in batches(made, size=2) for i in b.index.tolist()) == [0, 1, 2, 3]


def test_networks_without_a_graph_get_none() -> None:
    made = cut_windows(CLIPS, CLIPS.values, np.array([0, 2]), "none", None)
    x, mask = collate(made, [0, 1]).inputs
    assert x.shape == (2, 10, 88)
    assert mask.sum(dim=1).tolist() == [10, 5]


def test_shorter_windows_with_overlap() -> None:
    clips = Clips.of([clip(10), clip(), clip(5, 26, seed=2)], FEATURES, 1.0, 0.5)
    assert clips.bounds.tolist() == [
        [0, 10],
        [10, 15],
        *([begin, min(begin + 10, 41)] for begin in (15, 20, 25, 30, 35)),
    ]
    assert clips.utterances.tolist() == [0, 1, 2, 2, 2, 2, 2]


def test_one_vector_a_clip() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    values[1] = np.nan
    clips = Clips.of_vectors(values)
    made = cut_windows(clips, clips.values, np.arange(3), "none", None)
    assert [(g.row, g.x.tolist()) for g in made] == [
        (0, [[0.0, 1.0, 2.0, 3.0]]),
        (2, [[8.0, 9.0, 10.0, 11.0]]),
    ]
    logits = np.zeros((2, 4), np.float32)
    assert Subset(clips, clips.values, np.arange(3), made, 4).predictions(logits).tolist() == [
        0,
        NO_SPEECH,
        0,
    ]


def test_words_go_with_their_clip() -> None:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    words = Words(values, np.array([[0, 2], [2, 2], [2, 3]]))
    made = cut_windows(CLIPS, CLIPS.values, np.array([0, 2]), "none", None, words)
    _, _, said, mask = collate(made, [0, 2]).inputs
    assert said.tolist() == [[[0.0, 1.0], [2.0, 3.0]], [[4.0, 5.0], [0.0, 0.0]]]
    assert mask.tolist() == [[1.0, 1.0], [1.0, 0.0]]
    nothing = Words(values, np.zeros((3, 2), np.int64))
    made = cut_windows(CLIPS, CLIPS.values, np.array([0]), "none", None, nothing)
    _, _, said, mask = collate(made, [0]).inputs
    assert said.shape == (1, 1, 2)
    assert not mask.any()


def test_shuffled_batches_hold_everything_once() -> None:
    lengths = np.random.default_rng(0).integers(5, 80, 1000).tolist()
    epoch = list(shuffled(lengths, 32, np.random.default_rng(1)))
    assert sorted(i for batch in epoch for i in batch) == list(range(1000))
    assert max(len(batch) for batch in epoch) == 32
    padding = sum(len(b) * max(lengths[i] for i in b) for b in epoch) / sum(lengths)
    assert padding < 1.15
    assert epoch != list(shuffled(lengths, 32, np.random.default_rng(2)))


def test_decision_on_a_clip_by_hand() -> None:
    made = cut_windows(CLIPS, CLIPS.values, np.array([0, 1, 2]), "temporal", None)
    logits = np.array([[9, 0, 0, 0], [0, 4, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]], np.float32)
    subset = Subset(CLIPS, CLIPS.values, np.array([0, 1, 2]), made, 4)
    found = subset.probabilities(logits)

    def softmax(*values: float) -> np.ndarray:
        return np.exp(values) / np.exp(values).sum()

    np.testing.assert_allclose(found[0], softmax(9, 0, 0, 0))
    assert not found[1].any()
    long = softmax(0, 0, 1.5, 0.5)  # mean of the logits of two windows
    np.testing.assert_allclose(found[2], (0.5 * softmax(0, 4, 0, 0) + 10 * long) / 10.5)
    assert subset.predictions(logits).tolist() == [0, NO_SPEECH, 2]


@pytest.mark.parametrize("rows", [[1], []])
def test_decision_without_any_speech(rows: list[int]) -> None:
    subset = Subset(CLIPS, CLIPS.values, np.array(rows, np.int64), [], 4)
    predictions = subset.predictions(np.empty((0, 4), np.float32))
    assert predictions.tolist() == [NO_SPEECH] * len(rows)
