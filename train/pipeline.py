"""A run from its clips to its figures: extract, train the folds, train on everyone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from edge_ser.features import feature_set
from train.augment import CLEAN
from train.cache import Cache
from train.config import Config
from train.corpora import Row
from train.data import Clips, Table
from train.extraction import extract
from train.folds import Chosen, Data, Trained, fit_final, fit_folds, predict_rows
from train.metrics import Scores, score_corpora
from train.progress import progress
from train.runs import Run


def load_data(config: Config, rows: Sequence[Row], variants: Sequence[str], cache: Cache) -> Data:
    """The rows' nodes in each of the variants."""
    features = feature_set(config.features)
    clips = {
        variant: Clips.of(extract(rows, config.features, variant, cache), features)
        for variant in dict.fromkeys(variants)
    }
    return Data(Table.of(rows), clips)


def train_folds(
    run: Run, data: Data, folds: Sequence[int], *, device: str, jobs: int, console: Console
) -> None:
    """Trains those of ``folds`` that the run does not have yet; each is saved when it is done."""
    missing = {i: run.splits[i] for i in folds if i in run.unfinished}
    title = f"{run.config.model}, seed {run.seed}: folds"
    with progress(console, title, len(missing)) as advance:
        for fold, chosen in fit_folds(
            run.config, data, missing, seed=run.seed, device=device, jobs=jobs
        ):
            metrics = {
                "validation": chosen.fitted.validation,
                "test": _test(run, data, fold, chosen),
                "tried": [
                    {"candidate": asdict(f.candidate), "epochs": f.epochs, "ua": f.validation_ua}
                    for f in chosen.tried
                ],
            }
            run.save(fold, chosen.fitted, chosen.normalisation, metrics)
            advance()


def train_final(run: Run, data: Data, *, device: str) -> None:
    """Trains the network that is shipped, with what the folds chose, on all speakers."""
    if run.folder(None).is_dir():
        return
    candidate, epochs = run.agreed()
    speakers = sorted({(row.corpus, row.speaker) for row in run.rows})
    fitted, normalisation = fit_final(
        run.config, data, speakers, candidate, epochs, seed=run.seed, device=device
    )
    run.save(None, fitted, normalisation, {})


def _test(run: Run, data: Data, fold: int, chosen: Chosen) -> dict[str, Scores]:
    """The chosen network on the fold's test speakers, clean."""
    rows = data.table.rows_of(run.splits[fold].test)
    trained = Trained.of(run.config, chosen.fitted, chosen.normalisation)
    predictions = predict_rows(run.config, data, CLEAN, trained, rows)
    return score_corpora(data.table.corpora[rows], data.table.labels[rows], predictions)
