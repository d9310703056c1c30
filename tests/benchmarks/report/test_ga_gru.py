from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.report.ga_gru import (
    BINS,
    PAIRS,
    draw_attention,
    draw_edges,
    edge_shares,
    ga_gru_pictures,
    profile,
)
from benchmarks.report.inspection import InspectedFold
from edge_ser.events import LABELS
from report.page import Picture
from tests.benchmarks.report.artists import points, ticks, xy

Open = Callable[..., InspectedFold]


def test_edges_between_thirds() -> None:
    graph = np.zeros((6, 6))
    graph[0, 1] = graph[1, 0] = 1.0  # FF
    graph[0, 5] = 1.0  # FB
    graph[4, 2] = 1.0  # MB
    graph[3, 3] = 9.0  # joins no two steps
    shares = dict(zip(PAIRS, edge_shares(graph), strict=True))
    assert shares == {"FF": 0.5, "MM": 0, "BB": 0, "FM": 0, "FB": 0.25, "MB": 0.25}


def test_half_of_the_edges_count() -> None:
    weights = np.random.default_rng(0).random((30, 30))
    shares = edge_shares(weights)
    assert shares.sum() == pytest.approx(1)
    np.testing.assert_allclose(shares, [1 / 9] * 3 + [2 / 9] * 3, atol=0.05)  # no structure
    near = 1.0 / (1 + np.abs(np.subtract.outer(np.arange(30), np.arange(30))))
    assert edge_shares(near)[:3].min() > 0.2 and edge_shares(near)[4] == 0
    assert not edge_shares(np.ones((9, 9))).any()


def test_profile() -> None:
    weights = np.zeros(10)
    weights[[0, 9]] = 0.5, 0.25
    found = profile(weights)
    assert found.shape == (BINS,)
    np.testing.assert_allclose(found[[0, 1, 18, 19]], [0.25, 0.25, 0.125, 0.125])
    assert found.sum() == pytest.approx(0.75)
    ramp = np.arange(100.0)
    assert profile(ramp).sum() == pytest.approx(ramp[70:].sum())  # above the 70th percentile
    assert not profile(ramp)[:13].any()


def test_drawn_edges() -> None:
    sad = [np.full(6, 0.1), np.full(6, 0.3)]
    shares = {label: sad if label == "sad" else [] for label in LABELS}
    axes = draw_edges(shares, "title").axes[0]
    assert ticks(axes) == list(PAIRS)
    (dots,) = points(axes)
    np.testing.assert_allclose(dots[:, 1], 20)
    even = [lines.get_segments()[0][0][1] for lines in axes.collections[:6]]  # type: ignore[attr-defined]
    np.testing.assert_allclose(even, [100 / 9] * 3 + [200 / 9] * 3)


def test_drawn_attention() -> None:
    before, after = [np.full(BINS, 0.1), np.full(BINS, 0.3)], [np.full(BINS, 0.5)] * 2
    axes = draw_attention(before, after, "sad").axes[0]
    solid, dashed = axes.get_lines()
    assert (solid.get_linestyle(), dashed.get_linestyle()) == ("-", "--")
    np.testing.assert_allclose(xy(solid)[:, 1], 0.2)
    np.testing.assert_allclose(xy(dashed)[:, 1], 0.5)
    assert axes.get_title(loc="left") == "sad (2 utterances)"
    assert axes.get_xlabel() == "time (share of the utterance)"


def test_of_a_network(untrained: Open, cogcn: InspectedFold) -> None:
    edges, attention = ga_gru_pictures(untrained("ga-gru", "hidden=8"))
    assert isinstance(edges, Picture) and isinstance(attention, Picture)
    assert len(points(edges.panels[0].axes[0])) == 4
    assert [p.axes[0].get_title(loc="left").split()[0] for p in attention.panels] == list(LABELS)
    for dots in points(edges.panels[0].axes[0]):
        assert dots[:, 1].sum() == pytest.approx(100)
    assert ga_gru_pictures(cogcn) == []
