"""The page of an explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.explanation import words
from edge_ser.explanation.attribution import Attribution, attribute
from edge_ser.explanation.groups import GROUPS, OTHER, groups
from edge_ser.graph import cosine_similarity
from edge_ser.pictures import charts, graph, page, timeline
from edge_ser.pictures.rows import Row, lane, stack, strip, time_axis, trace, waveform
from edge_ser.pictures.svg import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edge_ser.explanation.hearing import Heard, Hearing
    from edge_ser.pictures.axis import TimeAxis
    from edge_ser.recognizer import Recognizer

_PITCHES = ((50, "50 Hz"), (100, ""), (200, "200 Hz"), (400, ""), (800, "800 Hz"))
_ROOM = 0.25  # seconds before and after an utterance
_STYLE = """\
.panels{display:flex;flex-wrap:wrap;align-items:flex-start}
.panels{gap:1rem 2rem}
.panels figure{margin:.5rem 0;flex:0 1 20.5rem}
.scroll>svg{min-width:44rem}
section p{max-width:45rem}
li{max-width:45rem;margin:.3rem 0}
"""


def write(
    hearing: Hearing, recognizer: Recognizer, progress: Callable[[float], None] = lambda share: None
) -> str:
    """Return the page that explains what was heard in a recording.

    Args:
        hearing: what was heard, by the same recogniser.
        recognizer: the model.
        progress: called with the share of the work that is done.

    Raises:
        EdgeSerError: a logit is not finite.
    """
    model = recognizer.bundle
    found = hearing.result.utterances
    parts = [
        f"<p>{plain(_verdict(hearing))}</p>",
        f"<p class=note>By the model {plain(model.name)} {plain(model.version)} "
        f"({plain(recognizer.backend)}), on this machine. It guesses how speech sounds; it does not "
        "know what anybody feels.</p>",
        _recording(hearing, model.labels),
    ]
    if len(found) > 1:
        parts.append(
            f"<details><summary>The {len(found)} utterances in numbers</summary>"
            f"{page.utterance_table(hearing.result)}</details>"
        )
    if hearing.longest:
        count = len(hearing.longest)
        which = f"the {count} longest of {len(found)} utterances" if len(found) > count else (
            "every utterance" if count > 1 else "the utterance"
        )
        parts.append(f"<h2>What moved the answer</h2><p>{_MEANING} Below is {which}.</p>")
    for i, heard in enumerate(hearing.longest):
        parts.append(
            _utterance(hearing, heard, recognizer, lambda s, i=i: progress((i + s) / count))
        )
    if hearing.longest:
        parts.append(_limits(hearing))
    return page.render(f"What was heard in {hearing.name}", "\n".join(parts), _STYLE)


_MEANING = (
    "A part counts as much as the answer changes without it: the part is replaced by an average "
    "one of this voice (or, while the voice is unknown, of the voices in training), and the model "
    "is asked again."
)


def _verdict(hearing: Hearing) -> str:
    spoken = sum(u.end - u.start for u in hearing.result.utterances)
    if not spoken:
        return (
            f"No speech was heard in these {hearing.seconds:.1f} s, so there is no answer to "
            "explain. Is the recording very soft, or is it music, noise, or whispering?"
        )
    return (
        f"Over all: {timeline.verdict(hearing.result)}; {spoken:.1f} of {hearing.seconds:.1f} s "
        "are speech."
    )


def _recording(hearing: Hearing, labels: Sequence[str]) -> str:
    axis = time_axis(0.0, hearing.seconds)
    found = hearing.result.utterances
    rows = [_signal(hearing, axis, [(u.start, u.end) for u in found])]
    rows.append(lane(axis, found, labels, "heard as\nspeech"))
    rows += _voice(hearing, axis)
    if found:
        rows += [strip(axis, label, labels, found, hearing.windows) for label in labels]
    svg = stack(axis, rows, "The recording", timeline.describe(hearing.result))
    told = ["Blocks are utterances: what was heard as speech, up to a pause."]
    if found:
        told.append(
            "Below, how likely each emotion was: coloured, for the whole utterance; as a black "
            "line, while it was spoken."
        )
    if hearing.voice is None:
        told.append(
            "This model hears by layers of Whisper, which have no loudness and no pitch to show."
        )
    else:
        told.append("Loudness is openSMILE's; pitch is drawn where a voice was heard.")
    return _figure("The recording", svg, " ".join(told), wide=True)


def _signal(hearing: Hearing, axis: TimeAxis, spoken: Sequence[tuple[float, float]]) -> Row:
    outline = hearing.waveform.between(axis.start, axis.end)
    return waveform(axis, outline.low, outline.high, spoken)


def _voice(hearing: Hearing, axis: TimeAxis) -> list[Row]:
    voice = hearing.voice
    if voice is None:
        return []
    inside = (voice.times >= axis.start) & (voice.times <= axis.end)
    times, loudness, pitch = (v[inside] for v in (voice.times, voice.loudness, voice.pitch))
    loudest = max(float(voice.loudness.max(initial=0.0)), 0.1)
    return [
        trace(axis, times, loudness, "loudness", [(0.0, "0"), (loudest, f"{loudest:.1f}")]),
        trace(axis, times, pitch, "pitch", _PITCHES, np.log),
    ]


def _utterance(
    hearing: Hearing, heard: Heard, recognizer: Recognizer, progress: Callable[[float], None]
) -> str:
    segment, event, labels = heard.segment, heard.event, recognizer.bundle.labels
    x = recognizer.inputs(segment.values, heard.voice)
    own = groups(hearing.names)
    found = attribute(recognizer, x, segment.first, own, progress)
    label = labels[found.label]
    when = words.between(segment.start, segment.end)
    parts = [f"<section><h3>{plain(when)}: {plain(words.answer(event))}</h3>"]
    told = words.sentences(found, labels)
    parts += ["<ul>", *(f"<li>{plain(sentence)}</li>" for sentence in told), "</ul>"]
    window = _window(found, recognizer, len(x), segment.first)
    times = segment.first + recognizer.bundle.features.step * np.arange(len(x))[window]
    similarities = (
        cosine_similarity(x[window]) if recognizer.bundle.graph == "cosine" else None
    )
    parts.append(_moments(hearing, heard, found, label, recognizer, times, similarities))
    panels = []
    if own:
        panels.append(_groups(found, labels))
    if similarities is not None:
        panels.append(_matrix(times, similarities, recognizer, len(x)))
    panels.append(_deletion(found, labels))
    parts.append(f'<div class="panels">{"".join(panels)}</div></section>')
    return "\n".join(parts)


def _window(
    found: Attribution, recognizer: Recognizer, count: int, first: float
) -> slice:
    """Return the window of the utterance that holds the moment that counted most."""
    step = recognizer.bundle.features.step
    most = round((found.times[int(np.argmax(found.drops))] - first) / step)
    return next(w for w in recognizer.windows(count) if w.start <= most < w.stop)


def _moments(
    hearing: Hearing,
    heard: Heard,
    found: Attribution,
    label: str,
    recognizer: Recognizer,
    times: NDArray[np.float64],
    similarities: NDArray[np.float64] | None,
) -> str:
    segment, features = heard.segment, recognizer.bundle.features
    axis = time_axis(max(segment.start - _ROOM, 0.0), min(segment.end + _ROOM, hearing.seconds))
    tips = [
        f"{words.between(t - found.step / 2, t + found.step / 2)}: {'for' if d >= 0 else 'against'} "
        f"it, {abs(d):.2f}"
        for t, d in zip(found.times.tolist(), found.drops.tolist(), strict=True)
    ]
    stretch = (found.stretch.start, found.stretch.end) if found.stretch else None
    rows = [
        _signal(hearing, axis, [(segment.start, segment.end)]),
        *_voice(hearing, axis),
        charts.moments(axis, found.times, found.step, found.drops, label, tips, stretch),
    ]
    told = [
        f"Each bar is a moment, every {found.step:g} s: up if it spoke for {label}, down if against."
    ]
    if similarities is not None:
        gamma = recognizer.bundle.gamma or 0.0
        rows.append(graph.arcs(axis, times, similarities, gamma, features.frame))
        told.append(_arcs(times, similarities, gamma, features.frame))
    spoken = [
        f"{words.between(t - found.step / 2, t + found.step / 2)}"
        for t in np.sort(found.times[np.argsort(-found.drops)[:5]]).tolist()
    ]
    description = f"The moments that spoke most for {label}: {', '.join(spoken)}."
    title = f"What moved the answer, {words.between(segment.start, segment.end)}"
    return _figure(
        "Moments", stack(axis, rows, title, description), " ".join(told), wide=True
    )


def _arcs(
    times: NDArray[np.float64], similarities: NDArray[np.float64], gamma: float, frame: float
) -> str:
    first, _ = graph.far_edges(times, similarities, gamma, frame)
    if not len(first):
        return (
            f"No two moments {frame:g} s apart or more are alike enough for an edge of the graph "
            f"(cosine similarity {gamma:g})."
        )
    most = f"the {graph.MOST_ARCS} strongest " if len(first) == graph.MOST_ARCS else ""
    return (
        f"Arcs join moments that are alike: {most}edges of the graph, of moments {frame:g} s apart "
        "or more (nearer ones share their sound). Along edges, moments share what they know."
    )


def _groups(found: Attribution, labels: Sequence[str]) -> str:
    label = labels[found.label]
    effects = {name: without.drop for name, without in found.groups.items()}
    told = "; ".join(
        f"without {name}, {label} {words.percent(without.probabilities[found.label])}"
        for name, without in sorted(found.groups.items(), key=lambda item: -item[1].drop)
    )
    svg = charts.group_bars(effects, f"What was measured, and spoke for {label}", f"{told}.")
    return _figure("What is measured", svg, f"{told[0].upper()}{told[1:]}.")


def _matrix(
    times: NDArray[np.float64],
    similarities: NDArray[np.float64],
    recognizer: Recognizer,
    count: int,
) -> str:
    n, gamma = len(similarities), recognizer.bundle.gamma or 0.0
    edges = int((np.triu(similarities, 1) >= gamma).sum())
    step = recognizer.bundle.features.step
    axis = time_axis(float(times[0]) - step / 2, float(times[-1]) + step / 2)
    told = (
        f"{n} moments, {edges} edges of {n * (n - 1) // 2} possible ones. A cell is an edge between "
        f"the moment of its row and that of its column, whose cosine similarity is at least "
        f"{gamma:g}; the darker, the more alike."
    )
    if n < count:
        told += (
            f" This utterance is scored in windows of {n * step:.0f} s; shown is the one in which "
            "the moment that counted most lies."
        )
    svg = graph.matrix(axis, similarities, gamma, "The graph as a matrix", told)
    return _figure("The graph", svg, told)


def _deletion(found: Attribution, labels: Sequence[str]) -> str:
    curve, told = found.curve, words.check(found, labels)
    svg = charts.deletion(
        curve.shares,
        curve.most,
        curve.random,
        curve.least,
        f"How likely {labels[found.label]} is while moments are left out",
        told,
    )
    return _figure("Is that so?", svg, told)


def _limits(hearing: Hearing) -> str:
    items = [
        "It says what the model used, not whether the model is right, nor what the speaker felt.",
        "What is left out is replaced by something average, which may be a sound that nobody makes.",
    ]
    if hearing.names:
        own = groups(hearing.names)
        named = [g for g in (*GROUPS, OTHER) if g.name in own]
        items += [
            "Neighbouring moments share most of their sound: a moment is half a second, and the "
            "next begins a tenth later. Without one of them, the others still tell.",
            "So with what is measured: who speaks up also speaks higher and brighter. If either of "
            "two would do, leaving out one changes little. A short bar does not mean that something "
            "was not used, and the bars do not add up.",
            "What is measured: " + "; ".join(f"{g.name}: {g.meaning}" for g in named) + ".",
        ]
    else:
        items.append(
            "Every moment of Whisper's has already heard the whole utterance (its layers attend to "
            "all of it): a bar says where the model read something, not always where it was said. "
            "What its 384 values mean nobody can tell, so there are only moments here."
        )
    listed = "".join(f"<li>{plain(item)}</li>" for item in items)
    return f"<section><h2>What this cannot tell</h2><ul>{listed}</ul></section>"


def _figure(heading: str, svg: str, caption: str, wide: bool = False) -> str:
    shown = f'<div class="scroll">{svg}</div>' if wide else svg
    return (
        f"<figure><h4>{plain(heading)}</h4>{shown}<figcaption>{plain(caption)}</figcaption></figure>"
    )
