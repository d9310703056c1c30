"""Explanations in words: every number in them is an answer that the model gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_ser.pictures.axis import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_ser.events import EmotionEvent
    from edge_ser.explanation.attribution import Attribution, Without

_NOTHING = 0.2
"""Log-odds; what changes them by less has hardly any effect: 50 % would become 45 %."""
_BETTER = 0.02
"""Probability by which an order has to be better than a random one, on average."""


def percent(probability: float) -> str:
    """Format a probability."""
    return f"{100 * probability:.0f} %"


def between(start: float, end: float) -> str:
    """Format a stretch of time to a tenth of a second."""
    if end >= 120:
        return f"{clock(start, True)}–{clock(end, True)}"
    return f"{start:.1f}–{end:.1f} s"


def answer(event: EmotionEvent) -> str:
    """Return the answer to an utterance: ``angry, 52 %``."""
    if event.emotion:
        return f"{event.emotion}, {percent(event.confidence)}"
    likely = max(event.probabilities, key=event.probabilities.__getitem__)
    return f"unsure ({likely}, {percent(event.confidence)})"


def sentences(found: Attribution, labels: Sequence[str]) -> list[str]:
    """Say what counted, and what spoke against, each with the answer without it."""
    label = labels[found.label]
    told = []
    if found.stretch and found.stretch.without.drop >= _NOTHING:
        where = between(found.stretch.start, found.stretch.end)
        told.append(
            f"In time, {where} counted most for {label}: "
            f"{_without(found.stretch.without, found, labels)}"
        )
    elif found.stretch:
        told.append(f"No part in time counted by itself: {label} is as likely without any one.")
    ranked = sorted(found.groups.items(), key=lambda item: -item[1].drop)
    if ranked:
        (best, most), (worst, least) = ranked[0], ranked[-1]
        if most.drop >= _NOTHING:
            told.append(
                f"Of what is measured, the {best} counted most: {_without(most, found, labels)}"
            )
        else:
            told.append(f"Nothing that is measured counted for {label} by itself alone.")
        if least.drop <= -_NOTHING:
            told.append(f"Against {label} spoke the {worst}: {_without(least, found, labels)}")
    return told


def _without(without: Without, found: Attribution, labels: Sequence[str]) -> str:
    label, p = labels[found.label], without.probabilities
    before, after = percent(found.probabilities[found.label]), percent(p[found.label])
    way = "falls" if without.drop > 0 else "rises"
    told = f"without that, {label} {way} from {before} to {after}"
    best = int(np.argmax(p))
    if best != found.label:
        told += f", and {labels[best]} becomes more likely ({percent(p[best])})"
    return f"{told}."


def check(found: Attribution, labels: Sequence[str]) -> str:
    """Say whether the order of the moments is faithful to the network."""
    label, curve = labels[found.label], found.curve
    half = int(np.argmin(np.abs(curve.shares - 0.5)))
    told = (
        f"From {percent(curve.most[0])}, {label} goes to {percent(curve.most[half])} without the "
        f"half of the moments that counted most, and to {percent(curve.random[half])} without a "
        "random half."
    )
    if curve.area >= _BETTER:
        return f"{told} So the bars show what the model used."
    return f"{told} That is hardly better than chance: do not read much into the bars."
