"""Descriptions in a bundle: ``model.json`` for programs, ``CARD.md`` for people."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_ser.bundle import FORMAT, NO_GRAPH
from edge_ser.features import feature_set
from edge_ser.features.smile import installed_version
from edge_ser.voice import NEUTRAL
from export.signature import Signature
from train.models import count_parameters
from train.runs import Run, describe_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from train.config import Config
    from train.learning.trained import Trained

VERSION = "2"
_WHISPER = "Whisper's first layers (MIT)"
_OPENSMILE = "features of openSMILE (audEERING Research License)"
_KNOWN = {"ravdess": "English", "emodb": "German", "nemo": "Polish", "crema-d": "English"}
"""Training corpora of the bundled models, and their languages."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
_OPEN = {"emodb": "EmoDB (CC0)", "crema-d": "CREMA-D (ODbL 1.0 and DbCL 1.0, Cao et al. 2014)"}
"""Corpora whose licences let a trained model be used for anything."""


@dataclass(frozen=True)
class Recipe:
    """Changes that export makes to a network.

    Args:
        precision: ``int8`` or ``fp32``.
        pruned: fraction of the hidden units removed.
    """

    precision: str
    pruned: float = 0.0


def model_card(
    run: Run, trained: Trained, name: str, recipe: Recipe, metrics: dict[str, Any]
) -> dict[str, Any]:
    """Build the contents of ``model.json``, with the keys of the bundle format.

    Args:
        run: the training run.
        trained: the network, after pruning.
        name: name of the bundle.
        recipe: changes made to the network.
        metrics: metrics on the test folds, before and after export.
    """
    learnt = [row for row in run.rows if row.corpus not in run.config.tested_only]
    return {
        **network_card(run.config, trained, name, recipe),
        "training": {
            "corpora": describe_rows(learnt),
            "split": f"{len(run.splits)} speaker-disjoint folds for the figures, then all speakers",
            "recipe": _recipe(run),
            "seed": run.seed,
            "commit": run.commit,
            "pruned": recipe.pruned,
        },
        "metrics": metrics,
        "licence": _licence({row.corpus for row in learnt}, run.config),
    }


def network_card(config: Config, trained: Trained, name: str, recipe: Recipe) -> dict[str, Any]:
    """Build what a device must know of a network; arguments as for :func:`model_card`."""
    features = feature_set(config.features)
    assert trained.normalisation is not None, "checked by quantize"
    gamma = {} if config.graph == NO_GRAPH else {"gamma": trained.candidate.gamma}
    return {
        "format": FORMAT,
        "name": name,
        "version": VERSION,
        "precision": recipe.precision,
        "architecture": {"system": config.model, **trained.candidate.network},
        "labels": list(config.labels),
        "inputs": Signature.of(config).describe(),
        "features": {
            "set": features.set,
            "version": features.version,
            "window": features.frame,
            "step": features.step,
            **({} if features.neural else {"opensmile": installed_version()}),
        },
        "normalisation": {
            **trained.normalisation.to_dict(),
            **({"count": config.voice_prior} if config.voice_prior else {}),
        },
        **({"enrolment": {"offset": config.voice_offset}} if config.voice_offset else {}),
        "windows": {"length": config.window, "step": config.window_step},
        "graph": {"kind": config.graph, **gamma},
        "parameters": count_parameters(trained.model),
    }


def _recipe(run: Run) -> dict[str, Any]:
    """Return the configuration, without folders of the machine that it was trained on."""
    settings = run.config.to_dict()
    folders = {key: Path(settings[key]).name for key in ("sounds", "words") if settings[key]}
    return {**settings, **folders}


def _describe_graph(graph: dict[str, Any]) -> str:
    return f"{graph['kind']}, gamma {graph['gamma']}" if "gamma" in graph else str(graph["kind"])


def _describe_weights(precision: str) -> str:
    if precision == "fp32":
        return ""
    return "; the weights are stored in int8 and converted to float32 when the model is loaded"


def _describe_pruning(fraction: float) -> str:
    if not fraction:
        return ""
    return f"; then {100 * fraction:.0f} % of the hidden units were removed"


def _licence(corpora: set[str], config: Config) -> str:
    features = feature_set(config.features)
    source = _WHISPER if features.neural else _OPENSMILE
    if features.neural and corpora <= set(_OPEN) and (config.open_sounds or not config.channels):
        learnt = " and ".join(_OPEN[corpus] for corpus in sorted(corpora))
        sounds = (
            ", ESC-10 (CC BY 3.0) and web-audio-samples (Apache 2.0)" if config.channels else ""
        )
        return f"MIT, for products too: trained on {learnt}{sounds}, with {source}"
    if corpora == set(_KNOWN):
        return (
            "CC BY-NC-SA 4.0; research and personal use only: trained on RAVDESS, EmoDB, nEMO and "
            f"CREMA-D with {source}"
        )
    names = ", ".join(sorted(corpora))
    if features.neural:
        return f"the licences of {names} apply; nodes by {source}"
    return f"research and personal use at most: {source}; the licences of {names} apply"


def _describe_corpora(corpora: dict[str, Any]) -> str:
    if set(corpora) != set(_KNOWN):
        return "It was trained only on the speakers of these corpora."
    speakers = sum(corpus["speakers"] for corpus in corpora.values())
    *first, last = dict.fromkeys(_KNOWN.values())
    return (
        f"The corpora are acted, by {speakers} adults, in {', '.join(first)} and {last},\n"
        "recorded in studios."
    )


def strangers_sentence(card: dict[str, Any]) -> str:
    """Say how often the model is right on strangers; empty if that was not measured."""
    states = card.get("strangers")
    if not states:
        return ""
    cold, enrolled = (100 * states[state]["ua"] for state in ("cold", "enrolled"))
    classes = len(card["labels"])
    return (
        f"On people, microphones and corpora that it was not trained on it is right {cold:.0f} % "
        f"of the time, and {enrolled:.0f} % once it knows the voice (mean recall of "
        f"{_NUMBERS[classes]} emotions; chance is {100 / classes:.0f} %)."
    )


def _describe_tested_only(corpora: Sequence[str]) -> str:
    if not corpora:
        return ""
    return (
        f"\nNothing was learnt from {' and '.join(corpora)}: whom it meets there are strangers.\n"
    )


def _describe_strangers(card: dict[str, Any]) -> str:
    sentence = strangers_sentence(card)
    if not sentence:
        return ""
    rows = []
    for state, figures in card["strangers"].items():
        right = {round(10 * share): 100 * value for share, value in figures["coverage"]}
        cells = " | ".join(f"{right[tenths]:.0f}" for tenths in (3, 5, 7, 9, 10))
        rows.append(
            f"| {state} | {100 * figures['ua']:.1f} | {100 * figures['ece_pooled']:.1f} "
            f"| {100 * figures['ece']:.1f} | {cells} |"
        )
    if NEUTRAL not in card["labels"]:
        rows += [
            "",
            "No class is called neutral: any ten clips were heard; the last stream is shuffled.",
        ]
    least = f"{100 * card['threshold']:.0f}"
    return f"""## Strangers

{textwrap.fill(sentence, 100)}
Networks of the same recipe, each trained without one of the corpora and asked about that one, in
five states of knowledge: the first utterance of a stranger; after ten neutral clips; in streams of
shuffled clips, of one emotion after the other, and of 80 % neutral speech. UA; ECE of all answers
together, and the mean of the corpora, each by itself; and how often the surest tenths of the
answers are right; in percent:

| state | UA | ECE | ECE by corpus | 30 % answered | 50 % | 70 % | 90 % | all |
|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Logits are divided by a temperature of {card["temperature"]:.2f}, fitted to these answers. By
default an answer below {least} % is "unsure": one utterance of a stranger in ten.

"""


def card_text(card: dict[str, Any]) -> str:
    """Write ``CARD.md``: purpose, accuracy, limits and licence of the model.

    Args:
        card: the contents of ``model.json``.
    """
    graph, features = card["graph"], card["features"]
    rows = [
        f"| {corpus} | {before['clips']} | {100 * before['wa']:.1f} | {100 * before['ua']:.1f} "
        f"| {100 * after['wa']:.1f} | {100 * after['ua']:.1f} |"
        for corpus, before in card["metrics"]["before"].items()
        for after in [card["metrics"]["after"][corpus]]
    ]
    trained_on = ", ".join(
        f"{name} ({c['clips']} clips, {c['speakers']} speakers)"
        for name, c in card["training"]["corpora"].items()
    )
    return f"""# {card["name"]} {card["version"]} ({card["precision"]})

Classifies an utterance as {", ".join(card["labels"][:-1])} or {card["labels"][-1]}.

- System: {card["architecture"]["system"]}, {card["parameters"]} parameters.
- Graph: {_describe_graph(graph)}.
- Arithmetic: float32 in every operator{_describe_weights(card["precision"])}.
- Nodes: {features["set"]} ({features["version"]}), {1000 * features["window"]:.0f} ms every \
{1000 * features["step"]:.0f} ms, normalised with mean and standard deviation of the
  training speakers.
- Trained on {trained_on}{_describe_pruning(card["training"]["pruned"])}.

## Accuracy

Measured on the test speakers of five speaker-disjoint folds, clean speech, with nothing known
about the speaker. The network in this folder was then trained on all speakers by the same recipe
and is never measured on them. Accuracy (WA) and mean recall (UA) in percent, of the trained
networks and of their {card["precision"]} files:

| corpus | clips | WA trained | UA trained | WA exported | UA exported |
|---|---|---|---|---|---|
{chr(10).join(rows)}
{_describe_tested_only(card["training"]["recipe"]["tested_only"])}
{_describe_strangers(card)}## Limits

{_describe_corpora(card["training"]["corpora"])}
Expect less with other languages, ages, microphones and unacted speech. An utterance of any other
emotion gets one of these labels all the same. Do not use it to decide anything about a person.

Inferring emotions at work or in education is banned in the EU (AI Act, Art. 5(1)(f)).

## Licence

{card["licence"]}.
"""
