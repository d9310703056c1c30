"""The part of the page that explains one utterance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.explanation import words
from edge_ser.explanation.attribution import Attribution, attribute
from edge_ser.explanation.groups import groups
from edge_ser.explanation.parts import figure, signal_row, voice_rows
from edge_ser.graph import cosine_similarity
from edge_ser.pictures import charts, graph
from edge_ser.pictures.page import prose
from edge_ser.pictures.rows import stack, time_axis

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edge_ser.explanation.hearing import Heard, Hearing
    from edge_ser.pictures.graph import Graph
    from edge_ser.recognizer import Recognizer

_ROOM = 0.5
"""Seconds that are shown before and after an utterance: its nodes may lie 0.4 around it."""
_NAMED = 5
"""Moments that the description of a picture names."""


def section(
    hearing: Hearing, heard: Heard, recognizer: Recognizer, progress: Callable[[float], None]
) -> str:
    """Explain one utterance: in words, then in pictures.

    Args:
        hearing: the recording.
        heard: the utterance.
        recognizer: the model.
        progress: called with the share of the work that is done.

    Raises:
        EdgeSerError: a logit is not finite.
    """
    segment, labels = heard.segment, recognizer.bundle.labels
    x, own = recognizer.inputs(segment.values, heard.voice), groups(hearing.names)
    found = attribute(recognizer, x, segment.first, own, heard.voice, progress)
    drawn = _graph(found, recognizer, x, segment.first)
    panels = [_deletion(found, labels)]
    if drawn and drawn.edges:
        panels.insert(0, _matrix(drawn, len(x)))
    if own:
        panels.insert(0, _groups(found, labels))
    heading = f"{words.between(segment.start, segment.end)}: {words.answer(heard.event)}"
    told = "".join(f"<li>{prose(sentence)}</li>" for sentence in words.sentences(found, labels))
    return "\n".join(
        [
            f"<section><h3>{prose(heading)}</h3><ul>{told}</ul>",
            _moments(hearing, heard, found, labels[found.label], drawn),
            f'<div class="panels">{"".join(panels)}</div></section>',
        ]
    )


def _graph(
    found: Attribution, recognizer: Recognizer, x: NDArray[np.float32], first: float
) -> Graph | None:
    """Return the cosine graph of the window that holds the moment that counted most."""
    model = recognizer.bundle
    if model.graph != "cosine" or model.gamma is None:
        return None
    step = model.features.step
    most = round((float(found.times[found.drops.argmax()]) - first) / step)
    window = next(w for w in recognizer.windows(len(x)) if w.start <= most < w.stop)
    return graph.Graph(
        times=first + step * np.arange(window.start, window.stop),
        step=step,
        frame=model.features.frame,
        similarities=cosine_similarity(x[window]),
        gamma=model.gamma,
    )


def _moments(
    hearing: Hearing, heard: Heard, found: Attribution, label: str, drawn: Graph | None
) -> str:
    segment = heard.segment
    axis = time_axis(max(segment.start - _ROOM, 0.0), min(segment.end + _ROOM, hearing.seconds))
    half = found.step / 2
    when = [words.between(t - half, t + half) for t in found.times.tolist()]
    tips = [
        f"{moment}: {'for' if drop >= 0 else 'against'} it"
        for moment, drop in zip(when, found.drops.tolist(), strict=True)
    ]
    stretch = (found.stretch.start, found.stretch.end) if found.stretch else None
    rows = [
        signal_row(hearing, axis, [(segment.start, segment.end)]),
        *voice_rows(hearing, axis),
        charts.moments(axis, found.times, found.step, found.drops, label, tips, stretch),
    ]
    told = f"A bar is a moment, every {found.step:g} s: up if for {label}, down if against it."
    if drawn:
        told += f" {_arcs(drawn)}"
    if drawn and drawn.edges:
        rows.append(graph.arcs(axis, drawn))
    foremost = sorted(np.argsort(-found.drops)[:_NAMED].tolist())
    description = f"What spoke most for {label}: {', '.join(when[i] for i in foremost)}."
    svg = stack(axis, rows, "What moved the answer, over time", description)
    return figure("Moments", svg, told, wide=True)


def _arcs(drawn: Graph) -> str:
    if not drawn.edges:
        return (
            f"No two moments are alike enough for an edge of the graph (cosine similarity "
            f"{drawn.gamma:g}), so the model takes each for itself."
        )
    count = len(drawn.far_edges()[0])
    if not count:
        return f"The graph joins only moments less than {drawn.frame:g} s apart, which share sound."
    most = f"the {count} strongest " if count == graph.MOST_ARCS else ""
    told = f"Arcs are {most}edges of the graph, which join moments that are alike"
    if drawn.frame > drawn.step:
        told += f", here those {drawn.frame:g} s apart or more (nearer ones share their sound)"
    return f"{told}. Along edges, moments share what they know."


def _groups(found: Attribution, labels: Sequence[str]) -> str:
    label = labels[found.label]
    effects = {name: without.drop for name, without in found.groups.items()}
    told = "; ".join(
        f"without {name}, {label} {words.percent(without.probabilities[found.label])}"
        for name, without in sorted(found.groups.items(), key=lambda item: -item[1].drop)
    )
    told = f"{told[0].upper()}{told[1:]}."
    svg = charts.group_bars(effects, f"What was measured, and spoke for {label}", told)
    return figure("What is measured", svg, told)


def _matrix(drawn: Graph, count: int) -> str:
    n = len(drawn.times)
    told = (
        f"{n} moments, {drawn.edges} of {n * (n - 1) // 2} possible edges. A cell is an edge: the "
        "moments of its row and its column have a cosine similarity of at least "
        f"{drawn.gamma:g}; the darker, the more alike."
    )
    if n < count:
        told += (
            f" The utterance is scored in windows of {n * drawn.step:.0f} s; this is the one with "
            "the moment that counted most."
        )
    return figure("The graph", graph.matrix(drawn, "The graph as a matrix", told), told)


def _deletion(found: Attribution, labels: Sequence[str]) -> str:
    told = words.check(found, labels)
    title = f"How likely {labels[found.label]} is while moments are left out"
    curve = found.curve
    svg = charts.deletion(curve.shares, curve.most, curve.least, curve.random, title, told)
    return figure("Is that so?", svg, told)
