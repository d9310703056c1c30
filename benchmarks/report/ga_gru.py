"""Pictures of GA-GRU's graph and of its effect on the attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from edge_ser.events import LABELS
from report.page import Note, Part, Picture
from report.style import EMOTIONS, colour, panel, same_height
from train.models.ga_gru import GAGRU

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from benchmarks.report.inspection import InspectedFold

PAIRS = ("FF", "MM", "BB", "FM", "FB", "MB")
_THIRDS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
BINS = 20
_TOP = 70  # percentile above which attention is counted, as in the paper
_FEWEST = 6  # averaged frames: two per third

Profiles = Mapping[str, Sequence[NDArray[np.floating]]]
"""Emotion to one array per window."""


def ga_gru_pictures(inspected: InspectedFold) -> list[Part]:
    """Draw the edges between thirds, and the attention before and after the graph."""
    edges: dict[str, list[NDArray[np.float64]]] = {label: [] for label in LABELS}
    before: dict[str, list[NDArray[np.float64]]] = {label: [] for label in LABELS}
    after: dict[str, list[NDArray[np.float64]]] = {label: [] for label in LABELS}
    model = inspected.trained.model
    if not isinstance(model, GAGRU):
        return []
    with torch.inference_mode():
        for graphs, inputs in inspected.batches():
            found = {key: value.numpy() for key, value in model.explain(*inputs).items()}
            for i, graph in enumerate(graphs):
                count = int(found["mask"][i].sum())
                if count < _FEWEST:
                    continue
                emotion = inspected.emotion(graph)
                edges[emotion].append(edge_shares(found["graph"][i, :count, :count]))
                before[emotion].append(profile(found["attention"][i, :count]))
                after[emotion].append(profile(found["modulated"][i, :count]))
    if not any(edges.values()):
        return [Note(f"{inspected.title}: no test utterance is long enough for thirds.")]
    attention = [draw_attention(before[e], after[e], e) for e in LABELS if before[e]]
    same_height(attention)
    return [
        Picture(
            "Edges between the thirds of an utterance",
            "Of the edges between two different steps that weigh more than the utterance's "
            "median, the share that joins front (F), middle (M) and back (B) thirds; mean over "
            "the utterances of the fold's test speakers, bars one standard error. Grey: the share "
            "if all edges weighed alike.",
            "GA-GRU paper, Fig. 2",
            [draw_edges(edges, inspected.title)],
        ),
        Picture(
            f"Attention before and after the graph: {inspected.title}",
            f"Attention over an utterance's time in {BINS} equal parts, of the steps above the "
            f"utterance's {_TOP}th percentile, as in the paper; mean over the utterances of the "
            "fold's test speakers, shaded one standard error. Before: equation (4), which adds up "
            "to one over all steps; after: the weight of each step in equation (6).",
            "GA-GRU paper, Fig. 3",
            attention,
        ),
    ]


def edge_shares(graph: NDArray[np.floating]) -> NDArray[np.float64]:
    """Compute the shares of :data:`PAIRS` in the heavier half of a graph's edges.

    Args:
        graph: (T, T) weights of the directed edges, T ≥ 3. The diagonal, which the paper does not
            mention, is left out, since it connects no two different steps.

    Returns:
        (6,) shares that sum to one; zeros if all weights are equal.
    """
    steps = len(graph)
    apart = ~np.eye(steps, dtype=bool)
    kept = apart & (graph > np.median(graph[apart]))
    thirds = np.arange(steps) * 3 // steps
    counts = [
        kept[np.ix_(thirds == a, thirds == b)].sum()
        + (kept[np.ix_(thirds == b, thirds == a)].sum() if a != b else 0)
        for a, b in _THIRDS
    ]
    return np.array(counts) / max(kept.sum(), 1)


def profile(weights: NDArray[np.floating]) -> NDArray[np.float64]:
    """Sum (T,) weights of steps over equal parts of their time, giving (BINS,).

    Weights below their 70th percentile count as zero. A step in two parts is divided between them.
    """
    strong = np.where(weights >= np.percentile(weights, _TOP), weights, 0.0)
    total = np.concatenate([[0.0], np.cumsum(strong, dtype=np.float64)])
    places = np.linspace(0.0, 1.0, len(total))
    return np.diff(np.interp(np.linspace(0.0, 1.0, BINS + 1), places, total))


def draw_edges(shares: Profiles, title: str) -> Figure:
    """Draw the shares of each of :data:`PAIRS` in percent, for the four emotions."""
    figure, axes = panel(5.2, 3.2)
    for place, (a, b) in enumerate(_THIRDS):
        even = 100 / 9 * (1 if a == b else 2)
        axes.hlines(even, place - 0.4, place + 0.4, color=colour("muted"), linewidth=1, zorder=1)
    for number, (emotion, (hue, marker)) in enumerate(EMOTIONS.items()):
        if not shares[emotion]:
            continue
        mean, error = _mean_error(shares[emotion])
        axes.errorbar(
            np.arange(len(PAIRS)) + 0.18 * (number - 1.5),
            100 * mean,
            yerr=100 * error,
            fmt=marker,
            color=hue,
            elinewidth=1,
            label=emotion,
        )
    axes.set_xticks(range(len(PAIRS)), PAIRS)
    axes.grid(visible=False, axis="x")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("thirds joined")
    axes.set_ylabel("share of the heavier edges (%)")
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def draw_attention(
    before: Sequence[NDArray[np.floating]], after: Sequence[NDArray[np.floating]], emotion: str
) -> Figure:
    """Draw the mean profiles of one emotion, solid before and dashed after the graph."""
    figure, axes = panel(3.0, 2.4)
    places = (np.arange(BINS) + 0.5) / BINS
    for profiles, style, name in ((before, "-", "before the graph"), (after, "--", "after")):
        mean, error = _mean_error(profiles)
        hue = EMOTIONS[emotion][0]
        axes.plot(places, mean, linestyle=style, color=hue, label=name)
        axes.fill_between(places, mean - error, mean + error, color=hue, alpha=0.2, lw=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("time (share of the utterance)")
    axes.set_ylabel("attention")
    axes.set_title(f"{emotion} ({len(before)} utterances)")
    axes.legend()
    return figure


def _mean_error(
    values: Sequence[NDArray[np.floating]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stacked = np.stack(values)
    return stacked.mean(axis=0), stacked.std(axis=0) / np.sqrt(len(stacked))
