from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from torch import nn

from benchmarks.report.embeddings import (
    embedding_pictures,
    frames,
    project,
    scatter,
    utterances,
    voice,
)
from benchmarks.report.inspection import InspectedFold
from report.page import Picture
from report.style import EMOTIONS

Open = Callable[..., InspectedFold]


def test_what_enters_the_last_layer_gives_the_logits(cogcn: InspectedFold) -> None:
    emotions, points = utterances(cogcn)
    assert points.shape == (len(emotions), 16)
    graph = cogcn.tested.windows[0]
    with torch.inference_mode():
        expected = cogcn.trained.model(*cogcn.inputs(graph))[0]
        output = cogcn.trained.model.get_submodule("output")
        assert isinstance(output, nn.Linear)
        place = sorted({g.row for g in cogcn.tested.windows}).index(graph.row)
        torch.testing.assert_close(output(torch.from_numpy(points[place])), expected)
    assert emotions[place] == cogcn.emotion(graph)


@pytest.mark.parametrize(
    ("model", "changes", "width"),
    [
        ("wma-gin", ("recurrent=4", "features=egemaps-88@500/100"), 5 * 8),
        ("dnn", ("hidden=8",), 8),
        ("bigru", ("hidden=4", "features=egemaps-88@500/100"), 8),
    ],
)
def test_any_network(untrained: Open, model: str, changes: tuple[str, ...], width: int) -> None:
    heard = untrained(model, *changes)
    emotions, points = utterances(heard)
    clips = {graph.row for graph in heard.tested.windows}
    assert points.shape == (len(clips), width) and len(emotions) == len(clips)
    assert not any(module._forward_pre_hooks for module in heard.trained.model.modules())


def test_frames_of_graph_and_recurrent_networks(cogcn: InspectedFold, untrained: Open) -> None:
    voices, points = frames(cogcn)
    nodes = sum(len(graph.x) for graph in cogcn.tested.windows)
    assert points.shape == (nodes, 16) and len(voices) == nodes
    assert (points >= 0).all() and points.any()  # after the ReLU
    assert "partial" in voices
    bigru = untrained("bigru", "hidden=4", "features=egemaps-88@500/100")
    assert frames(bigru)[1].shape == (nodes, 8)
    assert len(frames(untrained("dnn", "hidden=8"))[1]) == 0


def test_voice() -> None:
    assert [voice(share) for share in (0.0, 0.2, 1.0)] == ["no voice", "partial", "full"]


def test_near_points_stay_near() -> None:
    random = np.random.default_rng(0)
    points = random.standard_normal((40, 5)).astype(np.float32)
    points[20:] += 50
    flat = project(points)
    assert flat.shape == (40, 2)
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    assert ((nearest < 20) == (np.arange(40) < 20)).all()
    np.testing.assert_array_equal(project(points), flat)


def test_scatter() -> None:
    points = np.arange(8, dtype=np.float32).reshape(4, 2)
    figure = scatter(points, ["sad", "angry", "sad", "happy"], EMOTIONS, "title")
    drawn = {str(c.get_label()): c for c in figure.axes[0].collections}
    assert list(drawn) == ["angry (1)", "happy (1)", "sad (2)"]
    np.testing.assert_array_equal(drawn["sad (2)"].get_offsets(), points[[0, 2]])
    hues = np.asarray(drawn["sad (2)"].get_facecolor(), float)
    assert to_hex(tuple(hues[0, :3])) == EMOTIONS["sad"][0]
    assert not figure.axes[0].get_xticks().size


def test_pictures(cogcn: InspectedFold, untrained: Open) -> None:
    pictures = embedding_pictures([cogcn, untrained("dnn", "hidden=8")])
    panels = {p.heading: len(p.panels) for p in pictures if isinstance(p, Picture)}
    assert panels == {"Utterances by emotion": 2, "Frames by voicing": 1}
