from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.report.inspection import InspectedFold
from benchmarks.report.rlc import draw_attention, rlc_pictures
from edge_ser.audio import SAMPLING_RATE
from report.page import Note, Picture
from tests.benchmarks.report.artists import xy

Open = Callable[..., InspectedFold]


def test_matrix_curves_and_waveform_share_their_time() -> None:
    attention = np.eye(5) / 2
    informativeness = np.linspace(0, 1, 15).reshape(3, 5)
    times = np.array([0.1, 0.26, 0.42, 0.58, 0.74])
    figure = draw_attention(
        attention, informativeness, times, np.ones(SAMPLING_RATE, np.int16), "RLC"
    )
    matrix, curves, wave = figure.axes[:3]
    image = matrix.images[0]
    np.testing.assert_array_equal(np.asarray(image.get_array()), attention)
    assert image.get_extent() == pytest.approx([0.02, 0.82, 0.02, 0.82])
    assert image.get_clim() == (0, 0.5)
    lines = curves.get_lines()
    assert [line.get_label() for line in lines] == [f"refinement {i}" for i in (1, 2, 3)]
    np.testing.assert_allclose(xy(lines[1]), np.stack([times, informativeness[1]], axis=1))
    assert matrix.get_xlim() == curves.get_xlim() == wave.get_xlim()
    assert curves.get_ylabel() == "informativeness"


def test_of_a_network(untrained: Open, cogcn: InspectedFold) -> None:
    heard = untrained("rlc", "iterations=2")
    (picture,) = rlc_pictures(heard)
    assert isinstance(picture, Picture)
    matrix, curves = picture.panels[0].axes[:2]
    example = heard.example
    assert example is not None
    steps = -(-len(example.x) // 32)
    values = np.asarray(matrix.images[0].get_array())
    assert values.shape == (steps, steps)
    np.testing.assert_allclose(values.sum(axis=1), 1, rtol=1e-5)  # one row per query
    assert [len(xy(line)) for line in curves.get_lines()] == [steps, steps]
    np.testing.assert_allclose(np.diff(xy(curves.get_lines()[0])[:, 0]), 0.16)
    assert rlc_pictures(cogcn) == []


def test_a_system_without_attention(untrained: Open) -> None:
    (note,) = rlc_pictures(untrained("rlc", "system='s1'"))
    assert isinstance(note, Note)
