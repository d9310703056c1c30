"""Made-up rows and systems with known metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.papers.entries import NO_EDGES, ON_WHISPER
from benchmarks.report.noise import ON_FRAMES
from benchmarks.rows import Fit, System
from edge_ser.events import LABELS
from train.metrics import NO_SPEECH, score

CORPORA = {"big": {"clips": 80, "speakers": 10}, "small": {"clips": 40, "speakers": 5}}


def scores(right: int, of: int = 10) -> dict[str, Any]:
    """Make scores of ``of`` clips per emotion, ``right`` of them correct; UA is ``right / of``."""
    labels = np.repeat(np.arange(4), of)
    wrong = np.tile(np.arange(of) >= right, 4)
    predictions = np.where(wrong, (labels + 1) % 4, labels)
    if right < of:
        predictions[-1] = NO_SPEECH
    return score(labels, predictions)


def fit(
    fold: int,
    right: int,
    *,
    seed: int = 0,
    parameters: int | None = None,
    conditions: Mapping[str, int] | None = None,
    losses: Sequence[float] = (),
) -> Fit:
    """Make a fit; ``conditions``: name to correct clips out of ten; ``losses``: one per epoch."""
    told = {"clean": right, **(conditions or {})}
    return Fit(
        seed=seed,
        fold=fold,
        commit="0123456789abcdef",
        device="cpu",
        seconds=3.0,
        parameters=parameters,
        epochs=len(losses) or None,
        history=[
            {"loss": x, "accuracy": 0.5, "validation_loss": 2 * x, "validation_ua": 0.4}
            for x in losses
        ],
        test={name: {corpus: scores(n) for corpus in CORPORA} for name, n in told.items()},
        predictions={
            name: {corpus: spelled(corpus, fold, n) for corpus in CORPORA}
            for name, n in told.items()
        },
    )


def spelled(corpus: str, fold: int, right: int, of: int = 10) -> dict[str, dict[str, str]]:
    """Make the predictions of :func:`scores` for two speakers with half of the clips each."""
    speakers: dict[str, dict[str, str]] = {}
    for k, label in enumerate(LABELS):
        wrong = LABELS[(k + 1) % 4][0]
        marks = [label[0] if i < right else wrong for i in range(of)]
        if right < of and label == LABELS[-1]:
            marks[-1] = "-"
        for half in (0, 1):
            own = speakers.setdefault(f"{corpus}-{fold}-{half}", {})
            own[label] = "".join(marks[half::2])
    return speakers


def system(name: str, fits: Sequence[Fit], normalisation: str = "cold") -> System:
    model = name.removesuffix(f"-{NO_EDGES}")
    for prefix in ("noise-", ON_FRAMES, ON_WHISPER):
        model = model.removeprefix(prefix)
    return System(
        name=name, model=model, normalisation=normalisation, corpora=dict(CORPORA), fits=list(fits)
    )


def write(folder: Path, systems: Sequence[System]) -> None:
    """Write row files as ``python -m benchmarks.papers`` does."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in systems:
        (folder / f"{one.file}.json").write_text(json.dumps(one.to_dict()))


def several() -> list[System]:
    """Make systems for every picture that needs only rows."""
    noise = {"noise:20": 6, "noise:0": 3, "silence:30": 5}
    return [
        system(
            "cogcn",
            [
                fit(0, 6, parameters=500, losses=[1.0, 0.5], conditions=noise),
                fit(1, 8, parameters=700, losses=[1.2, 0.7, 0.1], conditions=noise),
            ],
        ),
        system("cogcn", [fit(0, 9, parameters=700)], "speaker"),
        system("svm", [fit(0, 5), fit(1, 5)]),
        system("rlc", [fit(0, 7, parameters=9000), fit(1, 9, parameters=9000)]),
        system("rlc-data-10", [fit(0, 4, parameters=9000)]),
        system("cogcn-no-skip", [fit(0, 5, parameters=500)]),
    ]
