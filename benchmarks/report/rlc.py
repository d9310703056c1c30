"""Picture of RLC's attention in one clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report.graphs import show_matrix, show_waveform
from report.page import Note, Part, Picture
from report.style import colour, stacked
from train.features.audio import samples
from train.models.rlc import RLC

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from benchmarks.report.inspection import InspectedFold

_STRIDE = 32  # frames from one step to the next: five groups of stride 2
_HEAD = 0
_REFINEMENTS = (("sky", ":"), ("blue", "--"), ("vermillion", "-"))


def rlc_pictures(inspected: InspectedFold) -> list[Part]:
    """Draw self-attention, informativeness and waveform of one test clip."""
    model, example = inspected.trained.model, inspected.example
    if not isinstance(model, RLC):
        return []
    if example is None:
        return [Note(f"{inspected.title}: no test clip is one window.")]
    explained = model.explain(*inspected.inputs(example))
    found = {key: value[0].numpy() for key, value in explained.items()}
    if found.keys() < {"attention", "informativeness"}:
        return [Note(f"{inspected.title}: this system has no self-attention or no GCA-LSTM.")]
    drawn = draw_attention(
        found["attention"][_HEAD],
        found["informativeness"],
        inspected.times(example)[::_STRIDE],
        samples(inspected.rows[example.row]),
        inspected.title,
    )
    caption = (
        f"{inspected.clip(example)} Above, the attention of the first head of the last residual "
        "block, a row a query; in the middle, how informative each step is in the light of the "
        "whole, in each refinement; below, the waveform, full scale 1. A step is 160 ms."
    )
    source = "RLC paper, Fig. 5"
    return [Picture("Self-attention and informativeness", caption, source, [drawn])]


def draw_attention(
    attention: NDArray[np.floating],
    informativeness: NDArray[np.floating],
    times: NDArray[np.float64],
    signal: NDArray[np.int16],
    title: str,
) -> Figure:
    """Draw matrix, curves and waveform over a common time axis.

    Args:
        attention: (T, T) of one head, one row per query.
        informativeness: (I, T), from 0 to 1, one row per refinement.
        times: (T,) time of the middle of each step, in seconds.
        signal: (m,) samples at 16 kHz.
        title: title of the picture.
    """
    figure, (matrix, curves, wave) = stacked(5, 2, 1.5, width=4.8, height=6.2)
    top = float(attention.max())
    show_matrix(matrix, attention, times, vmin=0.0, vmax=top, label="attention")
    matrix.set_title(title)
    for number, values in enumerate(informativeness):
        name, style = _REFINEMENTS[min(number, len(_REFINEMENTS) - 1)]
        curves.plot(
            times,
            values,
            style,
            color=colour(name),
            marker="o",
            ms=2.5,
            label=f"refinement {number + 1}",
        )
    curves.set_ylim(-0.05, 1.05)
    curves.set_ylabel("informativeness")
    figure.legend(loc="outside lower center", ncols=3)
    show_waveform(wave, signal)
    return figure
