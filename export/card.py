"""The two descriptions in a bundle: ``model.json`` for programs, ``CARD.md`` for people."""

from __future__ import annotations

from typing import Any

from edge_ser.bundle import FORMAT
from edge_ser.events import LABELS
from edge_ser.features import feature_set
from export.to_onnx import INPUTS
from train.folds import Trained
from train.models import count_parameters
from train.runs import Run, describe_rows

VERSION = "1"
LICENCE = (
    "CC BY-NC-SA 4.0; research and personal use only: trained on RAVDESS, EmoDB and nEMO with "
    "features of openSMILE (audEERING Research License)"
)


def model_card(
    run: Run, trained: Trained, name: str, precision: str, metrics: dict[str, Any]
) -> dict[str, Any]:
    """The contents of ``model.json``; keys as the bundle format has them."""
    features = feature_set(run.config.features)
    assert trained.normalisation is not None, "checked by quantize"
    nodes, d = "N", features.dimension
    shapes = ([1, nodes, d], [1, nodes, nodes], [1, nodes])
    return {
        "format": FORMAT,
        "name": name,
        "version": VERSION,
        "precision": precision,
        "architecture": {"system": run.config.model, **trained.candidate.network},
        "labels": list(LABELS),
        "inputs": [
            {"name": i, "shape": shape, "length": "variable"}
            for i, shape in zip(INPUTS, shapes, strict=True)
        ],
        "features": {
            "set": features.set,
            "version": features.version,
            "window": features.window,
            "step": features.step,
        },
        "normalisation": trained.normalisation.to_dict(),
        "graph": {"kind": run.config.graph, "gamma": trained.candidate.gamma},
        "parameters": count_parameters(trained.model),
        "training": {
            "corpora": describe_rows(run.rows),
            "split": f"{len(run.splits)} speaker-disjoint folds for the figures, then all speakers",
            "recipe": run.config.to_dict(),
            "seed": run.seed,
            "commit": run.commit,
        },
        "metrics": metrics,
        "licence": LICENCE,
    }


def card_text(card: dict[str, Any]) -> str:
    """``CARD.md``: what the model is for, how good it is on whom, and what it must not be used for.

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

Hears an utterance and says {", ".join(card["labels"][:-1])} or {card["labels"][-1]}.

- System: {card["architecture"]["system"]}, {card["parameters"]} parameters.
- Graph: {graph["kind"]}, gamma {graph["gamma"]}.
- Nodes: {features["set"]} ({features["version"]}), {1000 * features["window"]:.0f} ms every \
{1000 * features["step"]:.0f} ms, normalised with the training speakers' mean and deviation.
- Trained on {trained_on}.

## How good it is

Figures of the five speaker-disjoint folds, clean speech, nothing known about the speaker; the
network in this folder was then trained on all speakers by the same recipe and is never measured on
them. Accuracy (WA) and mean recall (UA) in percent, of the trained networks and of their
{card["precision"]} files:

| corpus | clips | WA trained | UA trained | WA exported | UA exported |
|---|---|---|---|---|---|
{chr(10).join(rows)}

## Limits

The corpora are acted, by {sum(c["speakers"] for c in card["training"]["corpora"].values())} \
adults, in English, German and Polish, recorded in studios. Other languages, ages,
microphones and unacted speech will do worse, and an utterance that is none of the four emotions
gets one of them all the same. Do not decide anything about a person by it.

Inferring emotions at work or in education is banned in the EU (AI Act, Art. 5(1)(f)).

## Licence

{card["licence"]}.
"""
