"""How right a model is on strangers: exported networks on corpora that they were not trained on."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser.bundle import load_bundle
from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.recognizer import Recognizer
from export import calibration
from export.card import Recipe, network_card
from export.encoder import encoder_files
from export.formats import available, by_name, convert
from export.int8 import on_grid
from export.prune import prune
from export.signature import Signature
from export.states import STATES, Answers, answers, join
from export.verify import usable
from export.write import write_bundle
from train.conditions import augment
from train.metrics import NO_SPEECH, score
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from train.config import Config
    from train.learning.data import Data, Table
    from train.learning.trained import Trained
    from train.protocol import Protocol
    from train.runs import Run

ANSWERED = 0.9
"""Share of the utterances of strangers that a model answers at its default threshold."""


@dataclass(frozen=True)
class Judged:
    """Answers about one corpus, by networks that were not trained on its speakers.

    Args:
        corpus: its name.
        states: state of knowledge to answers.
    """

    corpus: str
    states: dict[str, Answers]


def judge(
    run: Run, data: Data, recipe: Recipe, console: Console, protocol: Protocol = "loco"
) -> list[Judged]:
    """Export each fold of a run, and ask it about its test speakers.

    Args:
        run: a finished run.
        data: its clips, in every variant that pruning needs.
        recipe: changes that export makes to the networks.
        console: shows a progress bar if it is a terminal.
        protocol: of the run; only ``loco``, which leaves whole corpora out, tells of strangers.

    Raises:
        EdgeSerError: the run has another protocol or is unfinished, or a network cannot be
            exported.
    """
    if run.protocol != protocol or run.unfinished:
        raise EdgeSerError(
            f"{run.path}: is no finished run of `python -m train fit --protocol {protocol}`"
        )
    found: dict[str, dict[str, list[Answers]]] = {}
    with progress(console, "strangers", len(run.splits)) as advance:
        for fold, split in enumerate(run.splits):
            recognizer = recognizer_of(run, data, fold, recipe)
            for corpus in dict.fromkeys(name for name, _ in split.test):
                rows = data.table.rows_of([who for who in split.test if who[0] == corpus])
                states = found.setdefault(corpus, {state: [] for state in STATES})
                for state, answered in states.items():
                    clips = data.clips[augment.CLEAN]
                    answered.append(answers(recognizer, clips, data.table, rows, state))
            advance()
    return [
        Judged(corpus, {state: join(parts) for state, parts in states.items()})
        for corpus, states in found.items()
    ]


def recognizer_of(run: Run, data: Data, fold: int, recipe: Recipe) -> Recognizer:
    """Prune and export a fold's network, and load it as a device does."""
    return recognizer_for(run.config, prune(run, data, fold, recipe.pruned), recipe)


def recognizer_for(config: Config, trained: Trained, recipe: Recipe) -> Recognizer:
    """Export a network in one format, and load it as a device does.

    Raises:
        EdgeSerError: it cannot be exported.
    """
    ready = on_grid(trained.model) if recipe.precision == "int8" else trained.model
    first = available(config.model)[:1]
    files, failures = usable(convert(ready, Signature.of(config), recipe.precision, first), [])
    if failures:
        reasons = "; ".join(f"{name}: {failure.reason}" for name, failure in failures.items())
        raise EdgeSerError(f"a {config.model} cannot be exported ({reasons})")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network"
        contents = by_name(files) | encoder_files(feature_set(config.features), first)
        write_bundle(path, network_card(config, trained, path.name, recipe), contents)
        return Recognizer(load_bundle(path))


def temperature(judged: Sequence[Judged], table: Table) -> float:
    """Fit one temperature to all states of knowledge, and to all corpora alike."""
    logits, labels, weights = [], [], []
    for corpus in judged:
        for answered in corpus.states.values():
            heard = answered.heard
            logits.append(answered.logits[heard])
            labels.append(table.labels[answered.rows[heard]])
            weights.append(np.full(heard.sum(), 1 / heard.sum()))
    return calibration.fit_temperature(
        *(np.concatenate(part) for part in (logits, labels, weights))
    )


def threshold(judged: Sequence[Judged], value: float) -> float:
    """Choose the threshold at which nine first utterances of strangers in ten are answered."""
    scores, weights = [], []
    for corpus in judged:
        cold = corpus.states["cold"]
        logits = cold.logits[cold.heard]
        scores.append(calibration.probabilities(logits, value))
        weights.append(np.full(len(logits), 1 / len(logits)))
    return calibration.threshold(np.concatenate(scores), np.concatenate(weights), ANSWERED)


def predictions(answered: Answers) -> NDArray[np.int64]:
    """Return the (n,) predicted classes, :data:`train.metrics.NO_SPEECH` where nothing is heard."""
    return np.where(answered.heard, np.nan_to_num(answered.logits).argmax(axis=1), NO_SPEECH)


def describe(judged: Sequence[Judged], table: Table) -> dict[str, Any]:
    """Measure UA and confidence in every state, corpus by corpus, and the means over corpora.

    The temperature by which a corpus's confidence is judged is fitted to the other corpora. A
    network may be surer than right on one corpus and less sure on another: ``ece`` is the mean of
    the corpora's errors, ``ece_pooled`` that of all answers together, the corpora alike, whose bins
    are ``reliability``.
    """
    temperatures = [
        temperature([other for other in judged if other is not corpus] or judged, table)
        for corpus in judged
    ]
    described: dict[str, Any] = {}
    for state in STATES:
        per_corpus = {
            corpus.corpus: _figures(corpus.states[state], table, value)
            for corpus, value in zip(judged, temperatures, strict=True)
        }
        bins = _pooled(judged, state, per_corpus, table)
        described[state] = {
            "corpora": per_corpus,
            "ece_pooled": calibration.expected_calibration_error(bins),
            "reliability": bins,
            **{
                figure: float(np.mean([found[figure] for found in per_corpus.values()]))
                for figure in ("ua", "ece", "nll", "brier")
            },
            "coverage": [
                (share, float(np.mean([f["coverage"][i][1] for f in per_corpus.values()])))
                for i, (share, _) in enumerate(next(iter(per_corpus.values()))["coverage"])
            ],
        }
    return described


def _pooled(
    judged: Sequence[Judged], state: str, figures: dict[str, Any], table: Table
) -> list[calibration.Bin]:
    scores, labels, weights = [], [], []
    for corpus in judged:
        answered = corpus.states[state]
        heard = answered.heard
        value = figures[corpus.corpus]["temperature"]
        scores.append(calibration.probabilities(answered.logits[heard], value))
        labels.append(table.labels[answered.rows[heard]])
        weights.append(np.full(heard.sum(), 1 / heard.sum()))
    return calibration.reliability(
        np.concatenate(scores), np.concatenate(labels), np.concatenate(weights)
    )


def _figures(answered: Answers, table: Table, value: float) -> dict[str, Any]:
    labels = table.labels[answered.rows]
    heard = answered.heard
    scores = calibration.probabilities(answered.logits[heard], value)
    return {
        "clips": len(labels),
        "ua": score(labels, predictions(answered), table.names)["ua"],
        "heard": float(heard.mean()),
        "temperature": value,
        "ece": calibration.expected_calibration_error(
            calibration.reliability(scores, labels[heard])
        ),
        "nll": calibration.negative_log_likelihood(scores, labels[heard]),
        "brier": calibration.brier(scores, labels[heard]),
        "coverage": calibration.coverage_curve(scores, labels[heard]),
    }
