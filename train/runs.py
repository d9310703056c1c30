"""Folder of a run: written fold by fold, resumable, read by ``export``."""

from __future__ import annotations

import json
import shutil
import statistics
from collections import Counter
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.torch import load_file, save_file

from edge_ser.errors import EdgeSerError
from edge_ser.normalisation import Normalisation
from train.config import Candidate, Config
from train.features.audio import clip_hash
from train.features.readable import read_all
from train.learning.data import Table
from train.learning.trained import Epoch, Fitted, Trained, build_model
from train.models import count_parameters
from train.protocol import PROTOCOLS, Protocol, Speaker, Split, splits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from train.corpora import Row
    from train.features.cache import Cache

FORMAT = 2


@dataclass(frozen=True)
class Run:
    """A run's folder and the settings it was started with.

    ``config.json`` holds everything but the splits, ``folds.json`` the splits, ``fold-0…`` and
    ``final`` the files ``model.safetensors``, ``normalisation.json`` and ``metrics.json``, and
    ``logs`` the learning curve of every fit.

    Args:
        path: the folder.
        config: settings.
        seed: random seed.
        protocol: how the rows are split into folds.
        corpora: name to folder or manifest.
        rows: the clips of the corpora, in order.
        splits: the speakers of each fold.
    """

    path: Path
    config: Config
    seed: int
    protocol: Protocol
    corpora: dict[str, Path]
    rows: list[Row]
    splits: list[Split]

    @classmethod
    def start(
        cls,
        path: Path,
        config: Config,
        seed: int,
        protocol: Protocol,
        paths: Mapping[str, Path],
        origin: Mapping[str, Any],
        cache: Cache,
    ) -> Run:
        """Start a run in a new or empty folder, or resume the same run.

        Args:
            path: the folder.
            config: settings.
            seed: random seed.
            protocol: how the rows are split into folds.
            paths: corpus to folder or manifest.
            origin: command and commit, stored in ``config.json``.
            cache: knows which clips can be read.

        Raises:
            EdgeSerError: the folder holds other files, or a run with other settings or clips.
        """
        rows = read_rows(paths, config, cache)
        run = cls(path, config, seed, protocol, dict(paths), rows, splits(rows, protocol))
        described = run._describe()
        if (path / "config.json").is_file():
            before = _read_json(path / "config.json")
            changed = [key for key in described if described[key] != before.get(key)]
            if changed:
                raise EdgeSerError(
                    f"{path}: holds a run with other {', '.join(changed)}; choose another --output"
                )
            run._compare_splits()
            return run
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise EdgeSerError(f"{path}: is not a run and not empty; choose another --output")
        path.mkdir(parents=True, exist_ok=True)
        locations = {name: str(place.absolute()) for name, place in paths.items()}
        _write_json(path / "folds.json", [split.to_dict() for split in run.splits])
        _write_json(path / "config.json", {**described, "paths": locations, **origin})
        return run

    @classmethod
    def open(cls, path: Path, cache: Cache) -> Run:
        """Open an existing run.

        Raises:
            EdgeSerError: ``path`` is not a run, or its corpora have moved or changed.
        """
        if not (path / "config.json").is_file():
            raise EdgeSerError(f"{path}: is not a run; `python -m train fit` makes one")
        fields = _read_json(path / "config.json")
        if fields.get("format") != FORMAT or fields.get("protocol") not in PROTOCOLS:
            raise EdgeSerError(f"{path}: is a run of another version of this program")
        paths = {name: Path(place) for name, place in fields["paths"].items()}
        config, protocol = Config.from_dict(fields["config"]), fields["protocol"]
        rows = read_rows(paths, config, cache)
        run = cls(path, config, fields["seed"], protocol, paths, rows, splits(rows, protocol))
        if run._describe()["corpora"] != fields["corpora"]:
            raise EdgeSerError(f"{path}: the clips of its corpora have changed since; train again")
        run._compare_splits()
        return run

    def _compare_splits(self) -> None:
        """Compare the folds with those that were written when the run was started.

        Raises:
            EdgeSerError: they differ: networks would be tested on whom they were trained on.
        """
        if _read_json(self.path / "folds.json") != _plain([s.to_dict() for s in self.splits]):
            raise EdgeSerError(
                f"{self.path}: this version divides the speakers into other folds; train again"
            )

    @property
    def commit(self) -> str | None:
        """Git commit of the code that started the run; None if it is unknown."""
        commit: str | None = _read_json(self.path / "config.json")["commit"]
        return commit

    @property
    def command(self) -> str:
        """Command line that started the run."""
        return str(_read_json(self.path / "config.json")["command"])

    @property
    def speakers(self) -> list[Speaker]:
        """All speakers of the corpora."""
        return sorted({(row.corpus, row.speaker) for row in self.rows})

    @property
    def table(self) -> Table:
        """The rows as columns."""
        return Table.of(self.rows, self.config.labels)

    @property
    def unfinished(self) -> dict[int, Split]:
        """Fold number to split, for the folds that have not been trained yet."""
        return {i: s for i, s in enumerate(self.splits) if not self.folder(i).is_dir()}

    def folder(self, fold: int | None) -> Path:
        """Return the folder of a fold, or of the final network for None."""
        return self.path / ("final" if fold is None else f"fold-{fold}")

    def save(
        self,
        fold: int | None,
        fitted: Fitted,
        normalisation: Normalisation | None,
        metrics: Mapping[str, Any],
    ) -> None:
        """Write a fold, or the final network for None, atomically."""
        folder = self.folder(fold)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        # safetensors stores contiguous tensors only; GLAM's filters are channels-last
        state = {name: value.contiguous() for name, value in fitted.state.items()}
        save_file(state, partial / "model.safetensors")
        values = {"clip": self.config.limit} if normalisation is None else normalisation.to_dict()
        _write_json(partial / "normalisation.json", {"kind": self.config.normalisation, **values})
        described = {
            "candidate": asdict(fitted.candidate),
            "epochs": fitted.epochs,
            "parameters": count_parameters(build_model(self.config, fitted.candidate)),
            "seconds": round(fitted.seconds, 3),
            "history": [asdict(epoch) for epoch in fitted.history],
        }
        _write_json(partial / "metrics.json", {**described, **metrics})
        partial.replace(folder)

    def metrics(self, fold: int | None) -> dict[str, Any]:
        """Read the metrics of a fold, or of the final network for None.

        Raises:
            EdgeSerError: it has not been trained.
        """
        return _read_json(self.folder(fold) / "metrics.json")

    def load(self, fold: int | None) -> Trained:
        """Load the network of a fold, or the final network for None.

        Raises:
            EdgeSerError: it has not been trained.
        """
        folder = self.folder(fold)
        metrics = self.metrics(fold)
        values = _read_json(folder / "normalisation.json")
        cold = values.pop("kind") == "cold"
        fitted = Fitted(
            candidate=Candidate(**metrics["candidate"]),
            state=load_file(folder / "model.safetensors"),
            epochs=metrics["epochs"],
            validation=metrics.get("validation", {}),
            history=[Epoch(**epoch) for epoch in metrics["history"]],
            seconds=metrics["seconds"],
        )
        return Trained.of(self.config, fitted, Normalisation.from_dict(values) if cold else None)

    def agreed(self) -> tuple[Candidate, int]:
        """Return the candidate that most folds chose, and the median of their epochs.

        Ties are broken by the mean validation UA over all folds.
        """
        folds = [self.metrics(i) for i in range(len(self.splits))]
        votes = Counter(json.dumps(fold["candidate"], sort_keys=True) for fold in folds)

        def rank(key: str) -> tuple[int, float]:
            tried = [t for fold in folds for t in fold["tried"]]
            same = [t for t in tried if json.dumps(t["candidate"], sort_keys=True) == key]
            return votes[key], statistics.mean(t["ua"] for t in same)

        epochs = round(statistics.median(fold["epochs"] for fold in folds))
        return Candidate(**json.loads(max(votes, key=rank))), epochs

    def parameters(self) -> list[int]:
        """Return the distinct parameter counts of the candidates."""
        candidates = self.config.candidates()
        return sorted({count_parameters(build_model(self.config, c)) for c in candidates})

    def _describe(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "config": _plain(self.config.to_dict()),
            "seed": self.seed,
            "protocol": self.protocol,
            "corpora": describe_rows(self.rows),
        }


def describe_rows(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Map corpus to its numbers of clips, speakers and emotions, and a hash of its rows."""
    described = {}
    for corpus in dict.fromkeys(row.corpus for row in rows):
        own = [row for row in rows if row.corpus == corpus]
        identity = "\n".join(f"{clip_hash(r)} {r.speaker} {r.emotion}" for r in own)
        described[corpus] = {
            "clips": len(own),
            "speakers": len({row.speaker for row in own}),
            "emotions": dict(sorted(Counter(row.emotion for row in own).items())),
            "sha256": sha256(identity.encode()).hexdigest(),
        }
    return described


def _plain(value: object) -> Any:
    """Return ``value`` as read back from JSON, with lists for tuples."""
    return json.loads(json.dumps(value))


def read_rows(paths: Mapping[str, Path], config: Config, cache: Cache) -> list[Row]:
    """Read the readable rows of all speakers but those whom the configuration leaves out.

    Raises:
        EdgeSerError: see :func:`train.features.readable.read_all`; or somebody who is to be left
            out, or a corpus that is only tested, is not there.
    """
    rows = read_all(paths, cache, config.labels)
    known = {f"{row.corpus}/{row.speaker}" for row in rows}
    if strange := [
        name for name in config.without if name.split("/")[0] in paths and name not in known
    ]:
        raise EdgeSerError(f"configuration: without names {', '.join(strange)}, who is not there")
    if strange := [name for name in config.tested_only if name not in paths]:
        raise EdgeSerError(f"configuration: tested_only names {', '.join(strange)}: no such corpus")
    rows = [row for row in rows if f"{row.corpus}/{row.speaker}" not in config.without]
    learnt = {row.emotion for row in rows if row.corpus not in config.tested_only}
    if missing := [label for label in config.labels if label not in learnt]:
        raise EdgeSerError(f"no clip to learn from is labelled {' or '.join(missing)}; add some")
    return rows


def _read_json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EdgeSerError(f"{file.parent}: has not been trained; run `train fit` again") from error
    except ValueError as error:
        raise EdgeSerError(f"{file}: is damaged ({error}); remove {file.parent}") from error


def _write_json(file: Path, value: object) -> None:
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    partial.replace(file)
