"""Embeddings of clips and frames in the networks, in two dimensions by t-SNE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from torch import Tensor, nn

from edge_ser.events import LABELS
from report.page import Part, Picture
from report.style import EMOTIONS, VOICING, panel
from train.models.bigru import BiGRU
from train.models.cogcn import CoGCN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from benchmarks.report.inspection import InspectedFold

Points = NDArray[np.float32]
"""Embeddings (n, z), or their projection (n, 2) by t-SNE."""

_CLIPS = 48
_FRAMES = 1200
"""Largest numbers of clips and frames: t-SNE takes seconds, and more points would overlap."""

_FEWEST = 10
_HOW = (
    "Distances and directions have no unit: near points are alike to the network. t-SNE of "
    "scikit-learn, perplexity 30, started from the first two principal components."
)


def embedding_pictures(opened: Sequence[InspectedFold]) -> list[Part]:
    """Draw clips by emotion and, for networks with frame embeddings, frames by voicing."""
    by_emotion, by_voice = [], []
    for inspected in opened:
        emotions, points = utterances(inspected)
        if len(points) >= _FEWEST:
            by_emotion.append(scatter(project(points), emotions, EMOTIONS, inspected.title))
        voices, points = frames(inspected)
        if len(points) >= _FEWEST and inspected.features:
            title = f"{inspected.title}, frames of {1000 * inspected.features.frame:.0f} ms"
            by_voice.append(scatter(project(points), voices, VOICING, title))
    made: list[Part] = []
    if by_emotion:
        caption = (
            "A point is a clip of the fold's test speakers: what enters the layer that gives the "
            f"logits, a mean where a clip is several graphs. {_HOW}"
        )
        source = "GLAM paper, Fig. 3"
        made.append(Picture("Utterances by emotion", caption, source, by_emotion))
    if by_voice:
        caption = (
            f"A point is a node, at most {_FRAMES} of {_CLIPS} clips of the fold's test speakers: "
            "the output of the last graph convolution or recurrent layer. Full: openSMILE finds a "
            "pitch in every 10 ms frame of the node's window; partial: in some; no voice: in none. "
            f"{_HOW}"
        )
        source = "CoGCN paper, Fig. 1 (d) to (f)"
        made.append(Picture("Frames by voicing", caption, source, by_voice))
    return made


@torch.inference_mode()
def utterances(inspected: InspectedFold) -> tuple[list[str], Points]:
    """Compute emotion and embedding of each test clip in which speech was detected.

    The embedding is the input of the linear layers that give the logits, concatenated if there are
    several (WMA-GIN has five), and averaged over the windows of a clip.
    """
    model = inspected.trained.model
    heads = [
        module
        for module in model.modules()
        if isinstance(module, nn.Linear) and module.out_features == len(LABELS)
    ]
    given: list[Tensor] = []
    hooks = [
        head.register_forward_pre_hook(lambda _, arguments: given.append(arguments[0]))
        for head in heads
    ]
    vectors: dict[int, list[NDArray[np.float32]]] = {}
    try:
        for graphs, inputs in inspected.batches():
            given.clear()
            model(*inputs)
            for graph, vector in zip(graphs, torch.cat(given, dim=-1).numpy(), strict=True):
                vectors.setdefault(graph.row, []).append(vector)
    finally:
        for hook in hooks:
            hook.remove()
    rows = sorted(vectors)
    means = [np.mean(vectors[row], axis=0) for row in rows]
    return [inspected.rows[row].emotion for row in rows], np.array(means)


@torch.inference_mode()
def frames(inspected: InspectedFold) -> tuple[list[str], Points]:
    """Compute voicing and embedding of each node of some test windows; empty for other networks."""
    model = inspected.trained.model
    layer: nn.Module
    if isinstance(model, CoGCN):
        layer = model.convolutions[-1]
    elif isinstance(model, BiGRU):
        layer = model.recurrent[-1]
    else:
        return [], np.empty((0, 0), np.float32)
    given: list[Tensor] = []

    def keep(_: nn.Module, __: tuple[Tensor, ...], output: Tensor | tuple[Tensor, ...]) -> None:
        # the ReLU of CoGCN's equation (4) is not a module; a BiGRU has two directions
        given.append(output.relu() if isinstance(output, Tensor) else torch.cat(output, dim=-1))

    graphs = inspected.tested.windows
    graphs = [graphs[i] for i in _spread(len(graphs), _CLIPS)]
    hook = layer.register_forward_hook(keep)
    try:
        for graph in graphs:
            model(*inspected.inputs(graph))
    finally:
        hook.remove()
    voices = [voice(share) for shares in inspected.voicing(graphs) for share in shares]
    points = torch.cat([output[0] for output in given]).numpy()
    chosen = _spread(len(points), _FRAMES)
    return [voices[i] for i in chosen], points[chosen]


def voice(share: float) -> str:
    """Map the voiced share of a frame to a key of :data:`report.style.VOICING`."""
    return "no voice" if share == 0 else "full" if share == 1 else "partial"


def project(points: Points) -> Points:
    """Project (n, z) points, n ≥ 4, to (n, 2) by t-SNE with a fixed seed."""
    perplexity = min(30.0, (len(points) - 1) / 3)
    with threadpool_limits(1):  # on a busy machine, two threads take five times as long as one
        embedded: Points = TSNE(perplexity=perplexity, random_state=0).fit_transform(points)
    return embedded


def scatter(
    points: Points, groups: Sequence[str], marks: Mapping[str, tuple[str, str]], title: str
) -> Figure:
    """Draw (n, 2) points, each in the colour and marker of its group."""
    figure, axes = panel(4.6, 4.4)
    names = np.array(groups)
    for name, (hue, marker) in marks.items():
        own = points[names == name]
        if not len(own):
            continue
        label = f"{name} ({len(own)})"
        edge = hue if marker == "x" else "none"
        axes.scatter(
            own[:, 0],
            own[:, 1],
            s=11,
            c=hue,
            marker=marker,
            alpha=0.75,
            lw=0.8,
            ec=edge,
            label=label,
        )
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    figure.legend(
        loc="outside lower center", ncols=4, markerscale=1.6, handletextpad=0.1, columnspacing=1
    )
    return figure


def _spread(count: int, at_most: int) -> list[int]:
    """Choose at most ``at_most`` evenly spaced indices below ``count``."""
    return sorted({round(i) for i in np.linspace(0, count - 1, min(count, at_most))})
