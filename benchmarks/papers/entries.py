"""Systems to train and test: the table, the papers' ablations, noise and silence."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.report.noise import ON_FRAMES
from train import config
from train.conditions.augment import CLEAN
from train.config import NORMALISATIONS


@dataclass(frozen=True)
class Entry:
    """A system to be trained and tested.

    Args:
        name: name of the row files, before the normalisation.
        model: a network of :mod:`train.models`, or a support vector machine.
        changes: changes to its paper's configuration, as for ``--set``.
        seeds: random seeds.
        folds: folds to train on a CPU; with a GPU, all five.
        normalisations: ``cold``, ``speaker`` or both.
        conditions: conditions of the test clips.
    """

    name: str
    model: str
    changes: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    folds: tuple[int, ...] = (0, 1, 2, 3, 4)
    normalisations: tuple[str, ...] = NORMALISATIONS
    conditions: tuple[str, ...] = (CLEAN,)


# The CoGCN paper's frames, 25 ms every 10 ms, give hundreds of nodes per clip: see FRAMES.
NODES = ("features=egemaps-88@500/100", "patience=10")
# Enough for WMA-GIN and GA-GRU, whose best epoch is early; RLC, ten updates per epoch, needs more.
STOP = ("epochs=30", "patience=5")
THREE = (0, 1, 2)
COLD = ("cold",)
TABLE = (
    Entry("svm", "svm"),
    Entry("svm-rbf", "svm-rbf"),
    Entry("dnn", "dnn", seeds=THREE),
    Entry("cogcn", "cogcn", NODES, THREE),
    Entry("tgcn", "tgcn", NODES, THREE),
    Entry("bigru", "bigru", NODES, THREE),
    Entry("ga-gru", "ga-gru", STOP),
    Entry("wma-gin", "wma-gin", STOP),
    Entry("rlc", "rlc"),
    Entry("glam", "glam"),
)


def ablation(name: str, model: str, *changes: str, normalisation: str = "cold") -> Entry:
    """Make the entry of a changed system, on one fold."""
    own = () if model in ("glam", "rlc") else STOP
    return Entry(name, model, (*own, *changes), folds=(0,), normalisations=(normalisation,))


def weighted(total: float, summed: int, mean: int, softmax: int) -> Entry:
    """Make the entry of a row of WMA-GIN's Table 2."""
    weights = {"sum": summed, "mean": mean, "softmax": softmax}
    name = "-".join(["wma-gin", *(str(weight) for weight in weights.values())])
    changes = [f"{which}_weight={weight / total}" for which, weight in weights.items()]
    return ablation(name, "wma-gin", *changes)


def less(percent: int) -> Entry:
    """Make the entry of RLC on part of the training clips, with the same number of updates."""
    whole = config.load("rlc")
    return ablation(
        f"rlc-data-{percent}",
        "rlc",
        f"share={percent / 100}",
        f"epochs={whole.epochs * 100 // percent}",
        f"patience={whole.patience * 100 // percent}",
    )


PLAIN = {"no-skip": ("skip=false",), "no-skip-no-pre": ("skip=false", "preprocess=false")}
CLAIMS = (
    *(
        Entry(f"{model}-{name}", model, (*NODES, *changes), THREE, normalisations=COLD)
        for model in ("cogcn", "tgcn")
        for name, changes in PLAIN.items()
    ),
    ablation("ga-gru-no-graph", "ga-gru", "modulated=false", normalisation="speaker"),
    *(ablation(f"wma-gin-full-{full}", "wma-gin", f"full={full}") for full in (3, 4, 0)),
    ablation("wma-gin-one-stage", "wma-gin", "multi_stage=false"),
    *(
        weighted(sum(weights), *weights)
        for weights in (
            (1, 1, 2),
            (2, 1, 1),
            (1, 2, 1),
            (1, 1, 3),
            (1, 3, 1),
            (3, 1, 1),
            (0, 0, 1),
            (1, 0, 0),
            (0, 1, 0),
        )
    ),
    ablation("wma-gin-log-mel", "wma-gin", "features=log-mel-128"),
    *(ablation(f"rlc-{system}", "rlc", f"system={system}") for system in ("s1", "s2")),
    *(less(part) for part in (10, 25, 50)),
    ablation("glam-no-fusion", "glam", "fusion=none"),
    ablation("glam-attention", "glam", "fusion=attention"),
    ablation("glam-one-scale", "glam", "multiscale=false"),
    *(
        ablation(f"glam-mixup-{alpha}", "glam", f"mixup={alpha}")
        for alpha in (0, 0.3, 0.8, 1, 2, 3)
    ),
)
CONDITIONS = (
    CLEAN,
    *(f"{kind}:{snr}" for kind in ("noise", "pink", "babble") for snr in (20, 10, 5, 0)),
    *(f"silence:{percent}" for percent in (10, 20, 30, 40, 50)),
)
NOISE = tuple(
    Entry(f"noise-{model}", model, changes, normalisations=COLD, conditions=CONDITIONS)
    for model, changes in {"svm-rbf": (), "cogcn": NODES, "tgcn": NODES, "bigru": NODES}.items()
)
# The same on the frames of the CoGCN paper, some of which hold nothing but silence.
FRAMES = tuple(
    Entry(
        f"{ON_FRAMES}{model}",
        model,
        ("patience=10",),
        normalisations=COLD,
        conditions=(CLEAN, "noise:10", "babble:5", "silence:30", "silence:50"),
    )
    for model in ("cogcn", "tgcn", "bigru")
)
# How much is the features, how much the graph: the same networks on Whisper's first layers.
NO_EDGES = "no-edges"
ON_WHISPER = "whisper-"
_WHISPER = "features=whisper-tiny.en-2"
WHISPER = (
    Entry(f"cogcn-{NO_EDGES}", "cogcn", (*NODES, "gamma=1.0"), normalisations=COLD),
    Entry(
        f"{ON_WHISPER}cogcn-{NO_EDGES}",
        "cogcn",
        (_WHISPER, "patience=10", "gamma=1.0"),
        normalisations=COLD,
    ),
    *(
        Entry(f"{ON_WHISPER}{model}", model, (_WHISPER, *changes), normalisations=COLD)
        for model, changes in {
            "cogcn": NODES[1:],
            "tgcn": NODES[1:],
            "bigru": NODES[1:],
            "ga-gru": STOP,
            "wma-gin": STOP,
            "rlc": (),
        }.items()
    ),
    # its image is ten times as wide as MFCCs: half of the epochs, one fold
    Entry(
        f"{ON_WHISPER}glam",
        "glam",
        (_WHISPER, "frames=20", "epochs=25", "patience=25", "decay=0.9"),  # frames of two seconds
        folds=(0,),
        normalisations=COLD,
    ),
)
PARTS = {"table": TABLE, "claims": CLAIMS, "noise": NOISE, "frames": FRAMES, "whisper": WHISPER}
