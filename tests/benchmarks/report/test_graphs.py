from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.report.graphs import draw_graph, graph_pictures
from benchmarks.report.inspection import InspectedFold
from edge_ser.audio import SAMPLING_RATE
from report.page import Picture
from train.features.audio import samples

Open = Callable[..., InspectedFold]


def test_edges_aligned_with_the_waveform() -> None:
    x = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [1.0, 0.0]], np.float32)
    times = np.array([0.2, 0.3, 0.4, 0.5])
    signal = np.zeros(SAMPLING_RATE, np.int16)
    signal[8000] = 16384
    figure = draw_graph(x, times, np.array([0.0, 0.5, 1.0, 1.0]), 0.5, signal, "clip")
    matrix, strip, wave = figure.axes[:3]
    image = matrix.images[0]
    assert image.get_extent() == pytest.approx([0.15, 0.55, 0.15, 0.55])
    values = np.ma.filled(np.ma.masked_invalid(np.asarray(image.get_array(), float)), np.nan)
    edges = np.array([[0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]], bool)
    np.testing.assert_array_equal(np.isfinite(values), edges)
    assert matrix.get_title(loc="left") == "clip: 3 edges, 4 nodes"
    assert [len(np.asarray(line.get_xdata())) for line in strip.get_lines()] == [1, 1, 2]
    assert wave.get_xlabel() == "time in the clip (s)"
    assert wave.get_xlim() == matrix.get_xlim()  # one time axis
    band = wave.collections[0].get_paths()[0].vertices
    peak = band[np.asarray(band)[:, 1].argmax()]  # type: ignore[index]
    assert peak == pytest.approx([0.5, 0.5], abs=2e-3)


def test_a_clip_of_a_test_speaker(cogcn: InspectedFold) -> None:
    (picture,) = graph_pictures(cogcn)
    assert isinstance(picture, Picture)
    example = cogcn.example
    assert example is not None and example.a_hat is not None
    edges = (int((example.a_hat > 0).sum()) - len(example.x)) // 2  # without the self-loops
    axes = picture.panels[0].axes
    assert f"{edges} edges" in axes[0].get_title(loc="left")
    row = cogcn.rows[example.row]
    assert f"speaker {row.speaker}, angry" in picture.caption and "γ = 0.5" in picture.caption
    length = len(samples(row)) / SAMPLING_RATE
    band = np.asarray(axes[2].collections[0].get_paths()[0].vertices)
    assert length - 0.02 < band[:, 0].max() <= length


def test_networks_without_a_cosine_graph(untrained: Open) -> None:
    assert graph_pictures(untrained("dnn", "hidden=8")) == []
