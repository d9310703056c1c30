"""The clips as the device would hear them: one stream, one detector, cached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_ser import nodes
from edge_ser.audio import SAMPLING_RATE, AudioSignal
from edge_ser.features import FeatureSet, feature_set
from edge_ser.nodes import Nodes
from edge_ser.speech.segmenter import SpeechSegmenter
from train.corpora import Row
from train.features.cache import Arrays, Cache
from train.features.conditioned import compute_clips

FUNCTIONALS = "egemaps-88-clip"
"""Not a stream but one vector: the 88 eGeMAPSv02 functionals over a whole clip."""


def dimension(spec: str) -> int:
    """How many values a node has.

    Args:
        spec: a feature set, as :func:`edge_ser.features.feature_set` takes it, or
            :data:`FUNCTIONALS`.

    Raises:
        EdgeSerError: there is no such set.
    """
    return 88 if spec == FUNCTIONALS else feature_set(spec).dimension


def step(spec: str) -> float:
    """Seconds between two nodes of a stream; arguments as for :func:`dimension`."""
    return math.inf if spec == FUNCTIONALS else feature_set(spec).step


def extract(rows: Sequence[Row], spec: str, variant: str, cache: Cache) -> list[Nodes]:
    """The utterances of every row and their unnormalised nodes.

    Args:
        rows: the clips.
        spec: the feature set, as :func:`edge_ser.features.feature_set` takes it.
        variant: ``clean`` or an altered form, see :mod:`train.conditions.augment`.
        cache: where they are kept.
    """
    features = feature_set(spec)
    kind = f"{features.spec}/{features.version}/{nodes.VERSION}"
    found = compute_clips(rows, variant, kind, partial(_nodes, features=features), cache)
    return [
        Nodes(
            values=a["values"],
            utterances=[(s, e) for s, e in a["utterances"].tolist()],
            counts=a["counts"].tolist(),
        )
        for a in found
    ]


def functionals(rows: Sequence[Row], variant: str, cache: Cache) -> NDArray[np.float32]:
    """(R, 88) eGeMAPSv02 functionals over each whole clip; NaN where a clip is too short.

    Arguments as for :func:`extract`.
    """
    kind = "egemaps-88/eGeMAPSv02/whole clip"
    found = compute_clips(rows, variant, kind, _functionals, cache)
    return np.stack([arrays["values"] for arrays in found])


@lru_cache(maxsize=1)  # one a process: another openSMILE for every clip would take a third longer
def _segmenter(features: FeatureSet) -> SpeechSegmenter:
    return SpeechSegmenter(features)


def _nodes(samples: NDArray[np.int16], features: FeatureSet) -> Arrays:
    with AudioSignal(samples, SAMPLING_RATE) as source:
        found = nodes.extract(source, _segmenter(features))
    return {
        "values": found.values,
        "utterances": np.asarray(found.utterances, np.float64).reshape(-1, 2),
        "counts": np.asarray(found.counts, np.int64),
    }


def _functionals(samples: NDArray[np.int16]) -> Arrays:
    # the wrapper multiplies by 32768 and wraps: int16 samples over 32768 never reach +1.0
    frame = _smile().process_signal(samples / np.float32(32768), SAMPLING_RATE)
    return {"values": frame.to_numpy(np.float32)[0]}


@lru_cache(maxsize=1)
def _smile() -> Any:
    import opensmile

    return opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
