"""Model bundles: folders with ``model.json``, weights, and SHA256SUMS over every file."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_ser.arrays import LARGEST, read_arrays
from edge_ser.errors import EdgeSerError
from edge_ser.features import FeatureSet, feature_set
from edge_ser.features.whisper.encoder import WhisperEncoder
from edge_ser.graph import KINDS
from edge_ser.normalisation import Normalisation
from edge_ser.paths import mode

FORMAT = "edge-ser bundle 1"
WEIGHTS = {"numpy": "model.npz", "onnx": "model.onnx", "tflite": "model.tflite"}
"""Weight file of each backend."""
INPUTS = (["x", "mask"], ["x", "a_hat", "mask"])
"""Inputs of a model without and with a graph: nodes and mask, and the normalised adjacency."""
NO_GRAPH = "none"
MOST_LABELS = 8
"""Classes of a model; displays have a bar for each."""
SUMS = "SHA256SUMS"
_MODELS = Path(__file__).parent / "models"
ENCODER = "encoder.npz"
"""Weights of Whisper's layers, for models whose nodes are made by them."""
ENCODER_ONNX = "encoder.onnx"
"""The same layers for onnxruntime; a model need not have it."""
_TEXTS = ("model.json", "CARD.md", "report.json", "report.md")
_ALLOWED = {*_TEXTS, ENCODER, ENCODER_ONNX, *WEIGHTS.values()}
_LONGEST_WINDOW = 60.0
"""Seconds; an utterance is at most 30 s long."""


@dataclass(frozen=True, repr=False)
class Bundle:
    """A verified model folder.

    Args:
        path: the folder.
        card: the contents of ``model.json``.
        files: name to content of every file that SHA256SUMS covers.
    """

    path: Path
    card: dict[str, Any]
    files: dict[str, bytes]

    @property
    def name(self) -> str:
        """Name of the model."""
        return str(self.card["name"])

    @property
    def version(self) -> str:
        """Version of the model."""
        return str(self.card["version"])

    @property
    def precision(self) -> str:
        """``int8`` or ``fp32``."""
        return str(self.card["precision"])

    @property
    def parameters(self) -> int:
        """Number of trained parameters."""
        return int(self.card["parameters"])

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of the logits."""
        return tuple(self.card["labels"])

    @property
    def features(self) -> FeatureSet:
        """Feature set of the nodes."""
        fields = self.card["features"]
        window, step = (round(1000 * fields[key]) for key in ("window", "step"))
        return feature_set(f"{fields['set']}@{window}/{step}")

    def encoder(self) -> WhisperEncoder | None:
        """Load the encoder that makes the nodes; None where openSMILE makes them.

        Raises:
            EdgeSerError: it is missing or cannot be used.
        """
        if not self.features.neural:
            return None
        try:
            encoder = WhisperEncoder(read_arrays(self.files[ENCODER]))
            if encoder.width != self.features.dimension:
                raise ValueError(f"{encoder.width} units for {self.features.dimension} features")
        except (ValueError, LookupError, OSError, zipfile.BadZipFile) as error:
            text = f"{type(error).__name__} {str(error)[:200]}"
            raise EdgeSerError(
                f"model {self.path} cannot be used: {ENCODER}: {text}; export it again"
            ) from error
        return encoder

    @property
    def normalisation(self) -> Normalisation:
        """Normalisation of the raw vectors."""
        return Normalisation.from_dict(self.card["normalisation"])

    @property
    def prior(self) -> float | None:
        """Nodes that the training speakers count for in a voice's statistics.

        None for a model that was trained without such statistics: it does not adapt.
        """
        count = self.card["normalisation"].get("count")
        return None if count is None else float(count)

    @property
    def offset(self) -> float:
        """Share of an enrolled voice's deviation that is taken back, 0 to 1.

        See :func:`edge_ser.voice.enrolment_offset`.
        """
        return float(self.card.get("enrolment", {}).get("offset", 0.0))

    @property
    def temperature(self) -> float:
        """Divisor of the logits, so that probabilities mean what they say; 1 if not calibrated."""
        return float(self.card.get("temperature", 1.0))

    @property
    def threshold(self) -> float:
        """Confidence below which no emotion is reported, unless the user says otherwise."""
        return float(self.card.get("threshold", 0.0))

    @property
    def strangers(self) -> float | None:
        """UA, 0 to 1, on corpora that it was not trained on, cold; None if not measured."""
        return self.ua("cold")

    def ua(self, state: str) -> float | None:
        """Return the UA, 0 to 1, on strangers in a state of knowledge; None if not measured."""
        measured = self.card.get("strangers")
        return None if measured is None else float(measured[state]["ua"])

    @property
    def graph(self) -> str | None:
        """Kind of graph over the nodes; None for a model without one."""
        kind = str(self.card["graph"]["kind"])
        return None if kind == NO_GRAPH else kind

    @property
    def gamma(self) -> float | None:
        """Threshold γ of the cosine graph; None for other kinds."""
        return float(self.card["graph"]["gamma"]) if self.graph == "cosine" else None

    @property
    def windows(self) -> tuple[float, float]:
        """Length of the longest window and step between two, in seconds."""
        return float(self.card["windows"]["length"]), float(self.card["windows"]["step"])

    @property
    def inputs(self) -> list[str]:
        """Names of the model's inputs, in order."""
        return [str(given["name"]) for given in self.card["inputs"]]

    @property
    def fixed(self) -> bool:
        """Whether a runtime that needs fixed shapes gets nodes padded to the longest window."""
        return bool(self.card["inputs"][0]["length"] == "fixed")

    @property
    def longest(self) -> int:
        """Number of nodes in the longest window."""
        return self.features.count(self.windows[0])

    @property
    def backends(self) -> list[str]:
        """The backends for which this bundle has weights."""
        return [backend for backend, file in WEIGHTS.items() if file in self.files]

    @property
    def packaged(self) -> bool:
        """Whether the bundle is part of this package."""
        return self.path.parent == _MODELS

    @property
    def nbytes(self) -> int:
        """Size in bytes of the encoder and the largest weight file: the most that is read."""
        largest = max(len(self.files[WEIGHTS[backend]]) for backend in self.backends)
        return largest + len(self.files.get(ENCODER, b""))

    def __repr__(self) -> str:
        return (
            f"Bundle({self.name}, {self.precision}, {self.parameters} parameters, "
            f"features={self.features.spec} ({self.features.dimension}), "
            f"graph={self.graph or NO_GRAPH}, labels={'/'.join(self.labels)}, "
            f"backends={'/'.join(self.backends)})"
        )


def sums(files: dict[str, bytes]) -> bytes:
    """Format SHA256SUMS for these files, as ``sha256sum`` writes it."""
    lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(lines).encode()


def bundled() -> list[Bundle]:
    """Load the models that come with the package."""
    return [load_bundle(folder) for folder in _bundled_folders()]


def _bundled_folders() -> list[Path]:
    return sorted(path.parent for path in _MODELS.glob("*/model.json"))


def load_bundle(model: str | Path) -> Bundle:
    """Read and verify a bundle.

    Args:
        model: the name of a bundled model, or a folder.

    Raises:
        EdgeSerError: there is no such model, or the folder is damaged or not a bundle.
    """
    named = {folder.name: folder for folder in _bundled_folders()}
    path = named.get(str(model), Path(model))
    if not stat.S_ISDIR(mode(path)):
        known = ", ".join(named) or "none"
        raise EdgeSerError(f"no model {str(model)!r}: give a bundle folder, or one of: {known}")
    return verify(path, _read(path))


def verify(path: Path, files: dict[str, bytes]) -> Bundle:
    """Verify the files of a bundle, SHA256SUMS among them.

    Args:
        path: where they are from.
        files: name to content.

    Raises:
        EdgeSerError: they are damaged or no bundle.
    """
    files = dict(files)
    if SUMS not in files or "model.json" not in files:
        raise EdgeSerError(f"{path} is not a model: it lacks model.json or {SUMS}")
    # the whole text is compared, so a flipped byte in SHA256SUMS itself is caught too
    if files.pop(SUMS) != sums(files):
        raise EdgeSerError(f"model {path} is damaged: {SUMS} does not match; install it again")
    try:
        bundle = Bundle(path, json.loads(files["model.json"]), files)
        problem = _problem(bundle)
    except EdgeSerError as error:
        problem = str(error)
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        problem = f"model.json: {type(error).__name__} {str(error)[:200]}"
    if problem:
        raise EdgeSerError(f"model {path} cannot be used: {problem}; export it again")
    return bundle


def _read(path: Path) -> dict[str, bytes]:
    files = {}
    try:
        for file in sorted(path.iterdir()):
            if file.name not in {*_ALLOWED, SUMS} or file.is_symlink() or not file.is_file():
                raise EdgeSerError(f"model {path}: unexpected {file.name}; a bundle has no other")
            if file.stat().st_size > LARGEST:
                raise EdgeSerError(f"model {path}: {file.name} is over 64 MiB")
            files[file.name] = file.read_bytes()
    except OSError as error:
        raise EdgeSerError(f"cannot read model {path}: {error}") from error
    return files


def _problem(bundle: Bundle) -> str | None:
    """Return what is wrong with the card, or None."""
    card, normalisation = bundle.card, bundle.normalisation
    dimension = (bundle.features.dimension,)
    if card["format"] != FORMAT:
        return f"its format is {card['format']!r}, this edge-ser reads {FORMAT!r}"
    here = bundle.features.version
    made_for = card["features"].get("version", here)
    if made_for != here:
        return f"its {bundle.features.set} is version {made_for}, this edge-ser computes {here}"
    if bundle.precision not in ("int8", "fp32"):
        return f"unknown precision {bundle.precision!r}"
    if bundle.features.neural and ENCODER not in bundle.files:
        return f"it lacks {ENCODER}"
    if not bundle.backends:
        return f"no weights: none of {', '.join(WEIGHTS.values())}"
    if len(set(bundle.labels)) != len(bundle.labels) or not 2 <= len(bundle.labels) <= MOST_LABELS:
        return f"labels {bundle.labels}"
    if not all(isinstance(name, str) and name and name.isprintable() for name in bundle.labels):
        return f"labels {bundle.labels!r}"
    if normalisation.mean.shape != dimension or normalisation.std.shape != dimension:
        return f"normalisation of {normalisation.mean.shape} for features of {dimension}"
    # a comparison with NaN is false: "not all good" catches it, "any bad" would not
    good = (abs(normalisation.mean) < 1e30) & (normalisation.std > 0) & (normalisation.std < 1e30)
    if not (good.all() and 0 < normalisation.limit < 1e30):
        return "normalisation is not finite and positive"
    if bundle.prior is not None and not 0 < bundle.prior < 1e9:
        return f"normalisation with a count of {bundle.prior}"
    if not 0 <= bundle.offset <= 1:
        return f"enrolment with an offset of {bundle.offset}"
    if bundle.strangers is not None and not 0 <= bundle.strangers <= 1:
        return f"right on strangers {bundle.strangers}"
    if not 0 < bundle.temperature < 1e3 or not 0 <= bundle.threshold <= 1:
        return f"temperature {bundle.temperature}, threshold {bundle.threshold}"
    if card["graph"]["kind"] not in (*KINDS, NO_GRAPH):
        return f"unknown graph {card['graph']['kind']!r}"
    if bundle.gamma is not None and not -1 <= bundle.gamma <= 1:
        return f"gamma {bundle.gamma}"
    if bundle.inputs != INPUTS[bundle.graph is not None]:
        return f"its inputs are {bundle.inputs}"
    if not (bundle.name and bundle.name.isprintable() and bundle.parameters > 0):
        return f"name {bundle.name!r}, {bundle.parameters} parameters"
    length, step = bundle.windows
    if not bundle.features.step <= step <= length <= _LONGEST_WINDOW:
        return f"windows of {length} s every {step} s"
    return None
