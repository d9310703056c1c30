"""Configuration of a training run: a TOML file and the changes by ``--set``."""

from __future__ import annotations

import itertools
import sys
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from edge_ser.graph import KINDS
from train import models
from train.conditions.channel import KNOWN_EFFECTS
from train.features.extraction import dimension, step
from train.labels import check_labels
from train.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent / "configs"
_LISTS = ("labels", "without", "tested_only", "effects")
NORMALISATIONS = ("cold", "speaker")
BALANCES = ("none", "corpora")
SCHEDULES = ("constant", "cosine", "exponential")
GRAPHS = (*KINDS, "none")


@dataclass(frozen=True)
class Candidate:
    """One combination of the settings for which the configuration lists several values.

    Args:
        gamma: threshold of the cosine graph; None for other graphs.
        network: the model's own settings.
    """

    gamma: float | None
    network: dict[str, Any]


@dataclass(frozen=True)
class Config:
    """Settings of a run, described in ``configs/cogcn.toml``.

    ``network`` holds the candidate values of each of the model's own settings. These keys are
    optional: ``labels``, the classes in the order of the logits, by default
    :data:`edge_ser.events.LABELS`; ``features``, by default those of the network's paper;
    ``words``, the path of word vectors for models that also read transcripts (see
    :mod:`train.features.words`); ``share``, the fraction of the training clips to train on;
    ``voice_prior``, the number of nodes that the training speakers count for in the statistics of a
    voice (0: the network does not adapt, see :mod:`train.learning.contexts`), and ``voice_offset``,
    the share of an enrolled voice's deviation that a device takes back (see
    :func:`edge_ser.voice.enrolment_offset`); ``channels``, the number of copies of every clip
    through a random room, microphone and codec, ``sounds``, the folder of noises and rooms for
    them, ``open_sounds``, whether only those of permissive licences, and ``effects``, what they may
    do, everything but ``simulated`` rooms by default (see :mod:`train.conditions.channel`);
    ``without``, speakers that take no part, as in ``crema-d/1006``; ``tested_only``, corpora that
    nothing is learnt from; ``smoothing``, the share of every label that all labels divide between
    them; ``votes``, the share of a label that listeners decide, where a corpus tells what they
    heard; ``crop``, the least share of a window's nodes that an epoch sees; ``noise``, the
    deviation of Gaussian noise on normalised nodes; and ``consistency``, the weight of the
    difference between the answers to a clip in two variants (see
    :func:`train.learning.epoch.jensen_shannon`).
    """

    model: str
    features: str
    graph: str
    gamma: tuple[float, ...]
    normalisation: str
    limit: float
    augment: int
    window: float
    window_step: float
    epochs: int
    patience: int
    batch: int
    learning_rate: float
    schedule: str
    decay: float
    minimum_rate: float
    weight_decay: float
    mixup: float
    balance: str
    refit: bool
    network: dict[str, tuple[Any, ...]]
    labels: tuple[str, ...] = LABELS
    words: str = ""
    share: float = 1.0
    voice_prior: float = 0.0
    voice_offset: float = 0.0
    channels: int = 0
    sounds: str = ""
    open_sounds: bool = False
    effects: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    tested_only: tuple[str, ...] = ()
    smoothing: float = 0.0
    votes: float = 0.0
    crop: float = 1.0
    noise: float = 0.0
    consistency: float = 0.0

    def candidates(self) -> list[Candidate]:
        """List every combination of gamma and the network's settings; gamma varies slowest."""
        gammas = self.gamma if self.graph == "cosine" else (None,)
        networks = [
            dict(zip(self.network, values, strict=True))
            for values in itertools.product(*self.network.values())
        ]
        return [Candidate(gamma, network) for gamma in gammas for network in networks]

    def choice(self, candidate: Candidate) -> str:
        """Name what distinguishes a candidate from the others: ``gamma 0.5, layers 3``."""
        several = {key: candidate.network[key] for key, v in self.network.items() if len(v) > 1}
        if candidate.gamma is not None and len(self.gamma) > 1:
            several = {"gamma": candidate.gamma, **several}
        return ", ".join(f"{key} {value}" for key, value in several.items())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as in a run's ``config.json``, without labels that are the usual."""
        values = asdict(self)
        if self.labels == LABELS:
            del values["labels"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Config:
        """Build a configuration from the output of :meth:`to_dict`, before or after JSON."""
        network = {key: tuple(candidates) for key, candidates in values["network"].items()}
        several = {key: tuple(values[key]) for key in ("gamma", *_LISTS) if key in values}
        return cls(**{**values, **several, "network": network})


def load(model: str, source: str | None = None, changes: Iterable[str] = ()) -> Config:
    """Load the configuration of a model.

    Args:
        model: name of the model.
        source: name of a file in ``train/configs`` or path of a TOML file; ``model`` if None.
        changes: ``key=value`` each, as for ``--set``.

    Raises:
        EdgeSerError: the file does not exist; a key is unknown or missing, or its value invalid.
    """
    types = _types(model)
    source = source or model
    values = {k: _check(source, k, v, types) for k, v in _read(source).items()}
    optional = [f.name for f in fields(Config) if f.default is not MISSING]
    values.setdefault("features", models.find(model).features)
    missing = [key for key in types if key not in values and key not in optional]
    if missing:
        raise EdgeSerError(f"configuration {source}: {', '.join(missing)} is missing")
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise EdgeSerError(f"--set {change}: write key=value")
        values[key] = _check("--set", key, _parse(text), types)
    network = {key: values.pop(key) for key in models.setting_types(model)}
    config = Config(model=model, network=network, **values)
    _validate(config)
    return config


def _types(model: str) -> dict[str, tuple[type, bool]]:
    """Map each key to its type and whether it may have a list of candidates."""
    hints = get_type_hints(Config)
    own = {f.name: (hints[f.name], False) for f in fields(Config)}
    own |= {"gamma": (float, True), **dict.fromkeys(_LISTS, (str, True))}
    del own["model"], own["network"]
    return own | {key: (kind, True) for key, kind in models.setting_types(model).items()}


def _read(source: str) -> dict[str, Any]:
    file = FOLDER / f"{source}.toml"
    if not file.is_file():
        file = Path(source)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        known = suggest(source, sorted(path.stem for path in FOLDER.glob("*.toml")))
        raise EdgeSerError(f"no configuration {source!r}, nor such a TOML file{known}") from error
    except ValueError as error:
        raise EdgeSerError(f"{file}: not a TOML file ({error})") from error


def _parse(text: str) -> Any:
    """Parse a TOML value; ``2,3`` is a list, a bare word is a string."""
    for candidate in (text, f"[{text}]"):
        try:
            return tomllib.loads(f"value = {candidate}")["value"]
        except ValueError:
            continue
    return [word.strip() for word in text.split(",")] if "," in text else text


def _check(where: str, key: str, value: object, types: Mapping[str, tuple[type, bool]]) -> Any:
    if key not in types:
        raise EdgeSerError(f"{where}: no key {key!r}{suggest(key, types)}")
    kind, several = types[key]
    if not several:
        return _scalar(where, key, value, kind)
    candidates = value if isinstance(value, list) else [value]
    if not candidates:
        raise EdgeSerError(f"{where}: {key} has no candidates")
    return tuple(_scalar(where, key, candidate, kind) for candidate in candidates)


def _scalar(where: str, key: str, value: object, kind: type) -> object:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise EdgeSerError(f"{where}: {key} = {value!r}; it must be {_TYPE_NAMES[kind]}")
    return value


_TYPE_NAMES = {int: "a whole number", float: "a number", bool: "true or false", str: "a word"}


def _validate(config: Config) -> None:
    check_labels(config.labels)
    dimension(config.features)
    network = config.network
    graph_wanted = models.find(config.model).graph
    rules = {
        f"graph must be one of {', '.join(GRAPHS)}": config.graph in GRAPHS,
        f"{config.model} needs a graph, not none": config.graph != "none" or not graph_wanted,
        f"{config.model} has no use for a graph: graph must be none": (
            config.graph == "none" or graph_wanted
        ),
        f"normalisation must be one of {', '.join(NORMALISATIONS)}": (
            config.normalisation in NORMALISATIONS
        ),
        f"balance must be one of {', '.join(BALANCES)}": config.balance in BALANCES,
        f"schedule must be one of {', '.join(SCHEDULES)}": config.schedule in SCHEDULES,
        "gamma must lie in [-1, 1]": all(-1 <= gamma <= 1 for gamma in config.gamma),
        "limit, learning_rate, window and window_step must be positive": (
            min(config.limit, config.learning_rate, config.window, config.window_step) > 0
        ),
        "smoothing must lie in [0, 1)": 0 <= config.smoothing < 1,
        "votes must lie in [0, 1]": 0 <= config.votes <= 1,
        "decay, share and crop must lie in (0, 1]": all(
            0 < value <= 1 for value in (config.decay, config.share, config.crop)
        ),
        "minimum_rate, weight_decay, mixup, voice_prior, noise and consistency must be 0 or more": (
            min(config.minimum_rate, config.weight_decay, config.mixup) >= 0
            and min(config.voice_prior, config.noise, config.consistency) >= 0
        ),
        "voice_offset must lie in [0, 1], and be 0 without voice_prior": (
            0 <= config.voice_offset <= (1 if config.voice_prior else 0)
        ),
        "a network that adapts to a voice needs normalisation = cold": (
            not config.voice_prior or config.normalisation == "cold"
        ),
        "mixup mixes frames, neither graphs nor words: it must be 0": (
            not config.mixup or not (graph_wanted or config.words)
        ),
        "consistency compares two variants of a clip: augment or channels must be more than 0": (
            not config.consistency or config.augment + config.channels > 0
        ),
        "mixup and consistency do not go together": not (config.mixup and config.consistency),
        "words go with word_dimension, and word_dimension with words": (
            bool(config.words) == bool(max(network.get("word_dimension", (0,))))
        ),
        "window must not be longer than the network's frames": all(
            round(config.window / step(config.features)) <= frames
            for frames in network.get("frames", ())
        ),
        "epochs, patience and batch must be at least 1": (
            min(config.epochs, config.patience, config.batch) >= 1
        ),
        "augment and channels must be 0 or more": min(config.augment, config.channels) >= 0,
        f"effects must be some of {', '.join(KNOWN_EFFECTS)}": (
            set(config.effects) <= set(KNOWN_EFFECTS)
        ),
        "channels need a folder of sounds: --set sounds=DIR": (
            not config.channels or bool(config.sounds)
        ),
        "layers and hidden must be at least 1": (
            min((*network.get("layers", (1,)), *network.get("hidden", (1,)))) >= 1
        ),
        "dropout must lie in [0, 1)": all(0 <= p < 1 for p in network.get("dropout", ())),
    }
    for rule, holds in rules.items():
        if not holds:
            raise EdgeSerError(f"configuration: {rule}")
