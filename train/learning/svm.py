"""Baseline: a support vector machine on the 88 eGeMAPS functionals of a whole clip."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from train.metrics import NO_SPEECH, mean_ua

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from train.learning.data import Table
    from train.protocol import Split

_GRIDS: dict[str, list[dict[str, Any]]] = {
    "svm": [{"kernel": "linear", "C": 1.0}],  # the GA-GRU paper's
    "svm-linear": [{"kernel": "linear", "C": c} for c in (0.001, 0.01, 0.1, 1.0)],
    "svm-rbf": [
        {"kernel": "rbf", "C": c, "gamma": gamma}
        for c, gamma in itertools.product((0.3, 1.0, 3.0, 10.0, 30.0), (0.001, 0.003, 0.01))
    ],
}
MODELS = tuple(_GRIDS)
TITLES = {"svm": "SVM (linear, C = 1)", "svm-linear": "SVM (linear)", "svm-rbf": "SVM (RBF)"}
"""Name to title in tables and pictures."""


def fit_folds(
    model: str,
    table: Table,
    values: Mapping[str, NDArray[np.float32]],
    splits: Mapping[int, Split],
    *,
    normalisation: str,
    refit: bool,
    jobs: int,
) -> dict[int, tuple[dict[str, Any], dict[str, NDArray[np.int64]]]]:
    """Train on clean clips and predict the test clips, fold by fold.

    The settings are chosen on the validation speakers.

    Args:
        model: one of :data:`MODELS`.
        table: the rows.
        values: variant to (R, 88) functionals, ``clean`` among them.
        splits: fold number to speakers.
        normalisation: ``cold``, or ``speaker`` to standardise each speaker first.
        refit: retrain with the validation speakers added, as in the bundled model's recipe.
        jobs: number of processes.

    Returns:
        For each fold, the chosen settings, and variant to the (n,) predictions for the rows of the
        test speakers.
    """
    if normalisation == "speaker":
        values = {variant: _per_speaker(table, x) for variant, x in values.items()}
    results = Parallel(n_jobs=jobs)(
        delayed(_fit_fold)(model, table, values, split, refit) for split in splits.values()
    )
    return dict(zip(splits, results, strict=True))


def _fit_fold(
    model: str, table: Table, values: Mapping[str, NDArray[np.float32]], split: Split, refit: bool
) -> tuple[dict[str, Any], dict[str, NDArray[np.int64]]]:
    train, validation, test = (
        table.rows_of(speakers) for speakers in (split.train, split.validation, split.test)
    )
    clean = values["clean"]

    def validation_ua(settings: dict[str, Any]) -> float:
        predicted = _predict(_fit(settings, table, clean, train), clean[validation])
        return mean_ua(table.score(validation, predicted))

    best = max(_GRIDS[model], key=validation_ua)
    heard = np.concatenate([train, validation]) if refit else train
    fitted = _fit(best, table, clean, heard)
    return best, {variant: _predict(fitted, x[test]) for variant, x in values.items()}


def _fit(
    settings: dict[str, Any], table: Table, values: NDArray[np.float32], rows: NDArray[np.int64]
) -> Pipeline:
    usable = rows[np.isfinite(values[rows]).all(axis=1)]
    pipeline = make_pipeline(StandardScaler(), SVC(class_weight="balanced", **settings))
    return pipeline.fit(values[usable], table.labels[usable])


def _predict(pipeline: Pipeline, values: NDArray[np.float32]) -> NDArray[np.int64]:
    usable = np.isfinite(values).all(axis=1)
    predictions = np.full(len(values), NO_SPEECH, np.int64)
    if usable.any():
        predictions[usable] = pipeline.predict(values[usable])
    return predictions


def _per_speaker(table: Table, values: NDArray[np.float32]) -> NDArray[np.float32]:
    normalised = np.full_like(values, np.nan)
    usable = np.isfinite(values).all(axis=1)
    for speaker in np.unique(table.speakers):
        own = usable & (table.speakers == speaker)
        if own.any():
            normalised[own] = StandardScaler().fit_transform(values[own])
    return normalised
