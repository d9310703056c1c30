from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.report.inspection import InspectedFold, node_times, voiced_shares
from edge_ser.audio import SAMPLING_RATE, AudioSignal
from edge_ser.features import feature_set
from edge_ser.nodes import extract
from edge_ser.speech.segmenter import SpeechSegmenter
from train.corpora import Row
from train.features.audio import samples
from train.features.cache import Cache
from train.runs import Run

Open = Callable[..., InspectedFold]


def test_the_test_speakers_of_the_first_trained_fold(cogcn: InspectedFold) -> None:
    assert (cogcn.fold, cogcn.title) == (0, "CoGCN, cold, seed 0, fold 0")
    assert {row.speaker for row in cogcn.rows} == {"01", "06"}
    assert len(cogcn.tested.rows) == 18
    assert {graph.row for graph in cogcn.tested.windows} <= set(range(18))
    assert sum(len(graphs) for graphs, _ in cogcn.batches()) == len(cogcn.tested.windows)


def test_a_run_without_a_trained_fold(tmp_path: Path, trained: Path, shared_cache: Cache) -> None:
    for name in ("config.json", "folds.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    assert InspectedFold.open(Run.open(tmp_path, shared_cache), shared_cache) is None


def test_the_example_is_an_angry_clip_of_median_length(cogcn: InspectedFold) -> None:
    example = cogcn.example
    assert example is not None
    assert cogcn.emotion(example) == "angry"
    lengths = sorted(len(g.x) for g in cogcn.tested.windows if cogcn.emotion(g) == "angry")
    assert len(example.x) == lengths[len(lengths) // 2]
    assert cogcn.inputs(example)[0].shape == (1, len(example.x), 88)


@pytest.mark.parametrize("spec", ["egemaps-88@500/100", "mfcc-40@64/32", "rlc-lld"])
def test_nodes_lie_where_the_stream_has_them(some_rows: list[Row], spec: str) -> None:
    """Check that an utterance has exactly the nodes of the grid whose middles lie in it."""
    features = feature_set(spec)
    with SpeechSegmenter(features) as segmenter:
        for row in some_rows[:3]:
            with AudioSignal(samples(row), SAMPLING_RATE) as source:
                found = extract(source, segmenter)
            times = node_times(found, features)
            ends = np.cumsum(found.counts)
            assert len(times) == ends[-1]
            for (start, end), own in zip(found.utterances, np.split(times, ends[:-1]), strict=True):
                assert own[0] >= start - 1e-6 and own[-1] <= end + 1e-6
                assert own[0] - features.step < start and own[-1] + features.step > end
                np.testing.assert_allclose(np.diff(own), features.step)


def test_times_of_a_graph(cogcn: InspectedFold) -> None:
    graph = cogcn.tested.windows[5]
    times = cogcn.times(graph)
    assert len(times) == len(graph.x)
    length = len(samples(cogcn.rows[graph.row])) / SAMPLING_RATE
    assert (times >= 0).all() and (times <= length).all()


def test_shares_by_hand() -> None:
    # middles of the frames in the clip's time: 0.50, 0.51, 0.52, …
    voiced = np.array([0.50, 0.51, 0.53])
    shares = voiced_shares(np.array([0.505, 0.525, 0.60]), 0.02, voiced)
    np.testing.assert_allclose(shares, [1.0, 0.5, 0.0])
    np.testing.assert_allclose(voiced_shares(np.array([0.515]), 0.04, voiced), [0.75])


def test_voicing_of_a_graph(cogcn: InspectedFold) -> None:
    graphs = cogcn.tested.windows[:3]
    shares = cogcn.voicing(graphs)
    assert [len(own) for own in shares] == [len(graph.x) for graph in graphs]
    for own in shares:
        assert own.min() >= 0 and 0.5 < own.max() <= 1


def test_voice_is_where_it_sounds() -> None:
    """Check the voicing of a buzz with rising pitch, from 0.6 to 1.4 s, between silence."""
    seconds = np.arange(2 * SAMPLING_RATE) / SAMPLING_RATE
    phase = np.cumsum(120 + 40 * seconds) / SAMPLING_RATE
    buzz = 0.3 * (2 * (phase % 1) - 1) * ((seconds >= 0.6) & (seconds < 1.4))
    features = feature_set("egemaps-lld")
    with (
        SpeechSegmenter(features) as segmenter,
        AudioSignal((32767 * buzz).astype(np.int16), SAMPLING_RATE) as source,
    ):
        found = extract(source, segmenter)
    voiced = node_times(found, features)[found.values[:, 10] > 0]  # F0
    assert voiced.min() == pytest.approx(0.6, abs=0.04)
    assert voiced.max() == pytest.approx(1.4, abs=0.04)
    shares = voiced_shares(np.array([0.3, 0.6, 1.0, 1.4, 1.7]), 0.2, voiced)
    assert shares[[0, 2, 4]].tolist() == [0, 1, 0]
    assert (abs(shares[[1, 3]] - 0.5) < 0.2).all()


def test_one_vector_a_clip_has_no_time(untrained: Open) -> None:
    heard = untrained("dnn", "hidden=8")
    assert heard.features is None
    with pytest.raises(ValueError, match="no place in time"):
        heard.times(heard.tested.windows[0])
