"""The page of ``python -m benchmarks.strangers``: Markdown from the measured parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.strangers.conditions import AVERAGED, CONDITIONS, LEVELS, STEADY
from benchmarks.strangers.states import estimate_of, mean
from export.states import STATES


def page(name: str, found: dict[str, dict[str, Any]]) -> str:
    """Write the page.

    Args:
        name: of the model, and of the folder with the pictures.
        found: ``loco``, ``folds``, ``conditions`` and ``sounds`` to what was measured.
    """
    lines = [
        f"# {name} among strangers",
        "",
        "The recipe of the model, int8, judged through the device's own stream on people",
        "that it does not know. UA: mean recall in percent, a clip without detected speech counts",
        "as wrong; ± is a standard error from a bootstrap over speakers.",
        "",
        "## Corpora left out of training",
        "",
        "Trained without a corpus, tested on it: other people, rooms, microphones and sentences,",
        "for two of them another language. This is how right it is on a stranger.",
        "",
        *_states(found["loco"]),
        "",
        f"![UA against what was heard before]({name}/heard.svg)",
        "",
        "## Confidence",
        "",
        "The temperature for each corpus is fitted to the other three. ECE over 15 bins of equal",
        "mass: of all answers together, and the mean of the corpora, each by itself; coverage: how",
        "often the surest half, or nine tenths, of the answers are right.",
        "",
        *_confidence(found["loco"]),
        "",
        f"![coverage and accuracy]({name}/coverage.svg)",
        "",
        f"![confidence and accuracy]({name}/reliability.svg)",
        "",
        "## The same studios, other speakers",
        "",
        "Five speaker-disjoint folds over all four corpora.",
        "",
        *_states(found["folds"]),
        "",
        "## Microphones, rooms, noise",
        "",
        "The networks of the first table, cold, on a clip of each speaker and emotion. Rooms",
        "and recorded noises are those that training never uses.",
        "",
        *_conditions(found["conditions"]),
        "",
        "## Steadiness",
        "",
        *_steadiness(found["conditions"]),
        "",
        "## No speech",
        "",
        f"The shipped model ({found['sounds']['model']}): files in which it heard an utterance.",
        "",
        *_sounds(found["sounds"]["counts"]),
        "",
        f"Made by `python -m benchmarks.strangers --model {name} --corpora DIR`.",
        "",
    ]
    return "\n".join(lines)


def _states(figures: dict[str, Any]) -> list[str]:
    corpora = list(next(iter(figures.values()))["corpora"])
    rows = [
        f"| state | {' | '.join(corpora)} | mean |",
        f"|---|{'---|' * (len(corpora) + 1)}",
    ]
    for state, figure in figures.items():
        cells = [_percent(figure["corpora"][name]) for name in corpora]
        rows.append(f"| {state}: {STATES[state]} | {' | '.join(cells)} | **{_percent(figure)}** |")
    return rows


def _percent(figure: dict[str, Any]) -> str:
    return f"{100 * figure['ua']:.1f} ± {100 * figure['error']:.1f}"


def _confidence(figures: dict[str, Any]) -> list[str]:
    rows = [
        "| state | ECE | ECE by corpus | NLL | Brier | right at 50 % coverage | at 90 % | 100 % |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for state, figure in figures.items():
        right = {round(10 * share): 100 * value for share, value in figure["coverage"]}
        cells = [f"{figure[key]:.3f}" for key in ("ece_pooled", "ece", "nll", "brier")]
        cells += [f"{right[tenths]:.1f}" for tenths in (5, 9, 10)]
        rows.append(f"| {state} | {' | '.join(cells)} |")
    return rows


def _conditions(found: dict[str, Any]) -> list[str]:
    rows = ["| condition | UA | against as recorded | heard, % |", "|---|---|---|---|"]
    clean = _mean_of(found["clean"])
    for variant, title in CONDITIONS.items():
        if variant in STEADY and variant != "codec":
            continue
        figure = _mean_of(found[variant])
        difference = figure - clean
        heard = 100 * float(np.mean([one["heard"] for one in found[variant].values()]))
        own = f"{100 * figure.value:.1f} ± {100 * (figure.error or 0):.1f}"
        apart = f"{100 * difference.value:+.1f} ± {100 * (difference.error or 0):.1f}"
        rows.append(f"| {title} | {own} | {apart if variant != 'clean' else ''} | {heard:.1f} |")
    return rows


def _mean_of(corpora: dict[str, Any]) -> Any:
    return mean([estimate_of(one, name) for name, one in corpora.items()])


def _steadiness(found: dict[str, Any]) -> list[str]:
    rows = ["| the same clip | same label, % |", "|---|---|"]
    for variant in (*LEVELS, *STEADY):
        same = 100 * float(np.mean([one["same"] for one in found[variant].values()]))
        rows.append(f"| {CONDITIONS[variant]} | {same:.1f} |")
    same = 100 * float(np.mean([one["same"] for one in found[AVERAGED].values()]))
    rows.append(f"| 0 and 37 ms averaged, against 7 and 73 ms | {same:.1f} |")
    return rows


def _sounds(counts: dict[str, list[int]]) -> list[str]:
    rows = ["| sound | files | with an utterance, % |", "|---|---|---|"]
    groups: dict[str, list[int]] = {}
    for kind, (files, answered) in counts.items():
        rows.append(f"| {kind} | {files} | {100 * answered / files:.1f} |")
        group = groups.setdefault(kind.partition(":")[0], [0, 0])
        group[0] += files
        group[1] += answered
    for kind, (files, answered) in groups.items():
        if kind not in counts:
            rows.append(f"| **{kind}, all** | {files} | **{100 * answered / files:.1f}** |")
    return rows
