"""What the command ``prune-encoder`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import joblib
import numpy as np
from rich.console import Console
from safetensors.numpy import save

from edge_ser.errors import EdgeSerError
from edge_ser.features import feature_set
from edge_ser.features.whisper.mel import BANDS
from edge_ser.features.whisper.nodes import Utterance
from edge_ser.paths import cannot_write, write
from train.commands import configured, corpora
from train.features.cache import Cache
from train.features.conditioned import compute_clips
from train.features.pruning import prune_units, unexplained
from train.features.whisper import SOURCE, read_weights
from train.learning.folds import training_variants
from train.pipeline import sounds_for
from train.progress import progress
from train.runs import read_rows

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge_ser.features.whisper.encoder import Array
    from train.corpora import Row
    from train.features.cache import Arrays

_VARIANTS = 2
"""The clips as they are, and one copy."""
_CLIPS = 400
"""Of each corpus, at most: more did not help with voices of other corpora."""
_TESTED = 10
"""One recording of so many is kept for the test; the copy of a clip is another recording."""


def run(options: argparse.Namespace, _: str) -> bool:
    """Write the smaller encoder; return True.

    Args:
        options: of :mod:`train.options`.

    Raises:
        EdgeSerError: the features have no encoder, it has fewer units, or the output cannot be
            written.
    """
    settings = configured(options)
    features = feature_set(settings.features)
    if not features.neural:
        raise EdgeSerError(f"{settings.features} has no encoder: --config cogcn-whisper has one")
    weights = read_weights(features.set)
    most = len(weights["layers.0.fc1.weight"])
    if not 0 < options.units <= most:
        raise EdgeSerError(f"--units {options.units}: the layers have {most}")
    try:  # before the work
        options.output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(options.output, error) from error
    console = Console(stderr=True)
    cache = Cache.open(options.cache, options.jobs or joblib.cpu_count(), console)
    rows = _some(read_rows(corpora(options.corpus), settings, cache))
    heard = []
    for variant in training_variants(settings)[:_VARIANTS]:
        sounds = sounds_for(settings, variant)
        found = compute_clips(rows, variant, "spectrogram/1", _spectrogram, cache, sounds)
        heard += [arrays["values"] for arrays in found if len(arrays["values"])]
    learnt = [spectrogram for place, spectrogram in enumerate(heard) if place % _TESTED]
    layers = sum(name.endswith("fc1.weight") for name in weights)
    with progress(console, f"{most} → {options.units} units", layers) as advance:
        smaller = prune_units(weights, learnt, options.units, advance)
    write(options.output / "model.safetensors", save(smaller))
    before, after = (sum(a.size for a in encoder.values()) for encoder in (weights, smaller))
    lost = unexplained(weights, smaller, heard[::_TESTED])
    print(f"{before:,} → {after:,} parameters; of held-out frames {lost:.1%} is lost")
    print(f"\nnext:\n  export {SOURCE}={options.output}")
    return True


def _some(rows: Sequence[Row]) -> list[Row]:
    """Draw some clips of each corpus."""
    random = np.random.default_rng(0)
    chosen: list[Row] = []
    for corpus in sorted({row.corpus for row in rows}):
        own = [row for row in rows if row.corpus == corpus]
        chosen += [own[i] for i in sorted(random.permutation(len(own))[:_CLIPS])]
    return chosen


def _spectrogram(samples: NDArray[np.int16]) -> Arrays:
    """Compute the spectrogram of a clip's first block, as the encoder gets it."""
    listener = _Listener()
    Utterance(listener).nodes(samples)
    return {"values": listener.heard[0] if listener.heard else np.empty((0, BANDS), np.float32)}


class _Listener:
    """Stands in for the encoder and keeps what it is given."""

    width = 1

    def __init__(self) -> None:
        self.heard: list[Array] = []

    def __call__(self, mel: Array) -> Array:
        self.heard.append(mel)
        return np.zeros((len(mel) // 2, self.width), np.float32)
