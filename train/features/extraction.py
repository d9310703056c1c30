"""Cached features of clips, from the same stream and endpointer as on the device."""

from __future__ import annotations

import math
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_ser import nodes
from edge_ser.audio import SAMPLING_RATE, AudioSignal
from edge_ser.features import FeatureSet, feature_set
from edge_ser.features.smile import installed_version
from edge_ser.nodes import Nodes
from edge_ser.speech.gate import SpeechGate
from edge_ser.speech.segmenter import SpeechSegmenter
from edge_ser.speech.whisper_segmenter import WhisperSegmenter
from train.conditions import augment
from train.features import whisper
from train.features.conditioned import compute_clips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge_ser.speech.segment import Segmenter
    from train.conditions.sounds import Sounds
    from train.corpora import Row
    from train.features.cache import Arrays, Cache

FUNCTIONALS = "egemaps-88-clip"
"""Feature set without a stream: one vector of 88 eGeMAPSv02 functionals per clip."""


def dimension(spec: str) -> int:
    """Return the number of features of a node.

    Args:
        spec: a feature set, as for :func:`edge_ser.features.feature_set`, or
            :data:`FUNCTIONALS`.

    Raises:
        EdgeSerError: the set is unknown.
    """
    return 88 if spec == FUNCTIONALS else feature_set(spec).dimension


def step(spec: str) -> float:
    """Return the seconds between two nodes of a stream; arguments as for :func:`dimension`."""
    return math.inf if spec == FUNCTIONALS else feature_set(spec).step


def extract(
    rows: Sequence[Row], spec: str, variant: str, cache: Cache, sounds: Sounds | None = None
) -> list[Nodes]:
    """Extract the utterances of each row and their unnormalised nodes.

    The speech gate hears every clip but the copies for training, which are speech by definition.

    Args:
        rows: the clips.
        spec: the feature set, as for :func:`edge_ser.features.feature_set`.
        variant: ``clean`` or another variant, see :mod:`train.conditions.augment`.
        cache: where the features are kept.
        sounds: what channels are made of.
    """
    features = feature_set(spec)
    gated = not augment.for_training(variant)
    made = f"{features.version}/{installed_version()}/{nodes.VERSION}"
    kind = f"{features.spec}/{made}{'/gated' if gated else ''}"
    if features.neural:
        kind = f"{features.spec}/{features.version}/{whisper.digest(features.set)}"
    compute = partial(_nodes, features=features, gated=gated)
    found = compute_clips(rows, variant, kind, compute, cache, sounds)
    return [
        Nodes(
            values=a["values"],
            utterances=[(s, e) for s, e in a["utterances"].tolist()],
            counts=a["counts"].tolist(),
        )
        for a in found
    ]


def functionals(rows: Sequence[Row], variant: str, cache: Cache) -> NDArray[np.float32]:
    """Compute (R, 88) eGeMAPSv02 functionals over each whole clip; NaN if it is too short.

    Arguments as for :func:`extract`.
    """
    kind = f"egemaps-88/eGeMAPSv02/{installed_version()}/whole clip"
    found = compute_clips(rows, variant, kind, _functionals, cache)
    return np.stack([arrays["values"] for arrays in found])


@lru_cache(maxsize=1)  # one per process: a new openSMILE for every clip takes a third longer
def _segmenter(features: FeatureSet, gated: bool) -> Segmenter:
    if features.neural:
        return WhisperSegmenter(features, whisper.load_encoder(features.set))
    return SpeechSegmenter(features, None, SpeechGate() if gated else None)


def _nodes(samples: NDArray[np.int16], features: FeatureSet, gated: bool) -> Arrays:
    with AudioSignal(samples, SAMPLING_RATE) as source:
        found = nodes.extract(source, _segmenter(features, gated))
    return {
        "values": found.values,
        "utterances": np.asarray(found.utterances, np.float64).reshape(-1, 2),
        "counts": np.asarray(found.counts, np.int64),
    }


def _functionals(samples: NDArray[np.int16]) -> Arrays:
    # the wrapper multiplies by 32768, and +1.0 would overflow: int16 / 32768 never reaches it
    frame = _smile().process_signal(samples / np.float32(32768), SAMPLING_RATE)
    return {"values": frame.to_numpy(np.float32)[0]}


@lru_cache(maxsize=1)
def _smile() -> Any:
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
