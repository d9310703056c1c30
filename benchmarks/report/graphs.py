"""Picture of the cosine graph of an utterance above its waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.report.embeddings import voice
from edge_ser.audio import SAMPLING_RATE
from edge_ser.graph import cosine_adjacency, cosine_similarity
from report.page import Note, Part, Picture
from report.style import VOICING, colour, stacked
from train.features.audio import samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from benchmarks.report.inspection import InspectedFold

_BINS = 700


def graph_pictures(inspected: InspectedFold) -> list[Part]:
    """Draw the graph of one test clip, with the network's normalisation and γ."""
    gamma, example = inspected.trained.candidate.gamma, inspected.example
    if gamma is None:
        return []
    if example is None:
        return [Note(f"{inspected.title}: no test clip is one window.")]
    (shares,) = inspected.voicing([example])
    drawn = draw_graph(
        example.x.numpy(),
        inspected.times(example),
        shares,
        gamma,
        samples(inspected.rows[example.row]),
        inspected.title,
    )
    caption = (
        f"{inspected.clip(example)} Above, each coloured cell joins two nodes whose cosine "
        f"similarity is at least γ = {gamma:g}, self-loops left out; in the middle, how much of "
        "each node's window is voiced; below, the waveform, full scale 1."
    )
    source = "CoGCN paper, Fig. 1 (a) and (c)"
    return [Picture("The cosine graph of an utterance", caption, source, [drawn])]


def draw_graph(
    x: NDArray[np.float32],
    times: NDArray[np.float64],
    shares: NDArray[np.float64],
    gamma: float,
    signal: NDArray[np.int16],
    title: str,
) -> Figure:
    """Draw edges, voicing and waveform over a common time axis.

    Args:
        x: (n, d) normalised nodes.
        times: (n,) time of the middle of each node, in seconds.
        shares: (n,) voiced share of each node's frame.
        gamma: the threshold γ.
        signal: (m,) samples at 16 kHz.
        title: title of the picture.
    """
    edges = cosine_adjacency(x, gamma)
    shown = np.where(edges > 0, cosine_similarity(x), np.nan)
    figure, (matrix, strip, wave) = stacked(5, 0.7, 1.5, width=4.8, height=5.6)
    show_matrix(matrix, shown, times, vmin=gamma, vmax=1.0, label="cosine similarity")
    matrix.set_title(f"{title}: {int(edges.sum()) // 2} edges, {len(x)} nodes")
    voices = np.array([voice(share) for share in shares])
    for height, (name, (hue, marker)) in enumerate(VOICING.items()):
        own = times[voices == name]
        strip.plot(own, np.full(len(own), height), marker, color=hue, markersize=2.5)
    strip.set_yticks(range(len(VOICING)), list(VOICING), fontsize=7)
    strip.set_ylim(-0.6, 2.6)
    strip.grid(visible=False)
    show_waveform(wave, signal)
    return figure


def show_matrix(
    axes: Axes,
    values: NDArray[np.floating],
    times: NDArray[np.float64],
    *,
    vmin: float,
    vmax: float,
    label: str,
) -> None:
    """Draw (n, n) ``values`` as an image whose columns and rows are the nodes at ``times`` (n,)."""
    half = (times[1] - times[0]) / 2 if len(times) > 1 else 0.5
    low, high = times[0] - half, times[-1] + half
    image = axes.imshow(
        values,
        extent=(low, high, low, high),
        origin="lower",
        aspect="auto",
        interpolation="none",
        cmap="viridis",
        vmin=vmin,
        vmax=vmax,
    )
    axes.figure.colorbar(image, ax=axes, label=label, shrink=0.8, pad=0.02)
    axes.grid(visible=False)
    axes.set_ylabel("time (s)")


def show_waveform(axes: Axes, signal: NDArray[np.int16]) -> None:
    """Draw (m,) samples at 16 kHz as a band from the minimum to the maximum of each stretch."""
    starts = np.linspace(0, len(signal), min(_BINS, len(signal)), endpoint=False).astype(int)
    low, high = np.minimum.reduceat(signal, starts), np.maximum.reduceat(signal, starts)
    seconds = starts / SAMPLING_RATE
    axes.fill_between(seconds, low / 32768, high / 32768, color=colour("ink"), lw=0.3)
    axes.grid(visible=False)
    axes.set_xlabel("time in the clip (s)")
    axes.set_ylabel("amplitude")
