"""The clips as the device would hear them: one stream, one detector, cached."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from edge_ser import nodes
from edge_ser.audio import SAMPLING_RATE, AudioSignal
from edge_ser.features import FeatureSet, feature_set
from edge_ser.nodes import Nodes, Segmenter
from train.cache import Arrays, Cache
from train.corpora import Row


def extract(rows: Sequence[Row], spec: str, variant: str, cache: Cache) -> list[Nodes]:
    """The utterances of every row and their unnormalised nodes.

    Args:
        rows: the clips.
        spec: the feature set, as :func:`edge_ser.features.feature_set` takes it.
        variant: ``clean`` or an altered form, see :mod:`train.augment`.
        cache: where they are kept.
    """
    features = feature_set(spec)
    kind = f"{features.spec}/{features.version}/{nodes.VERSION}"
    compute = partial(_nodes, features=features)
    found = cache.get(rows, variant, kind, compute)
    return [
        Nodes(a["values"], [(s, e) for s, e in a["utterances"].tolist()], a["counts"].tolist())
        for a in found
    ]


@lru_cache(maxsize=1)  # one a process: another openSMILE for every clip would take a third longer
def _segmenter(features: FeatureSet) -> Segmenter:
    return Segmenter(features)


def _nodes(samples: NDArray[np.int16], features: FeatureSet) -> Arrays:
    with AudioSignal(samples, SAMPLING_RATE) as source:
        found = nodes.extract(source, _segmenter(features))
    return {
        "values": found.values,
        "utterances": np.asarray(found.utterances, np.float64).reshape(-1, 2),
        "counts": np.asarray(found.counts, np.int64),
    }
