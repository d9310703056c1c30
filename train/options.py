"""Options of the commands of training, without slow imports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.bundle import MOST_LABELS
from edge_ser.events import LABELS
from train.corpora import READERS
from train.dispatch import add_command

if TYPE_CHECKING:
    import argparse

    from edge_ser.cli.parser import Parser
    from train.dispatch import Commands

_NAMES = f"a corpus and its folder ({', '.join(READERS)}), or any name and a CSV manifest"
_CORPORA = "--corpus ravdess=DIR --corpus emodb=DIR --corpus nemo=DIR"


def add_commands(commands: Commands) -> None:
    """Add the commands to a parser."""
    fit = _add(
        commands,
        "fit",
        "train five folds, then a model on all speakers with the settings they chose",
        f"--model cogcn {_CORPORA} --output RUN",
        "--corpus ours=FILE.csv --labels calm,stressed --output RUN",
    )
    _add_training(fit, required=True)
    fit.add_argument("--output", type=Path, required=True, metavar="RUN", help="folder for the run")
    fit.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    fit.add_argument(
        "--protocol",
        choices=("folds", "loco"),
        default="folds",
        help="folds: five, speaker-disjoint (default); loco: leave one corpus out",
    )
    _add_machine(fit)

    evaluate = _add(
        commands,
        "evaluate",
        "measure metrics on test speakers, by cross-validation or from the folds of a run",
        f"--model svm-rbf {_CORPORA} --output FILE.json",
        "--run RUN --noise clean,20,10 --output FILE.json",
    )
    _add_training(evaluate, required=False)
    evaluate.add_argument(
        "--run",
        type=Path,
        metavar="RUN",
        help="folder of a run of `fit`, instead of --model and --corpus",
    )
    evaluate.add_argument(
        "--output", type=Path, required=True, metavar="FILE.json", help="file for the metrics"
    )
    evaluate.add_argument(
        "--runs", type=Path, metavar="DIR", help="keep the runs here, one per seed, and resume them"
    )
    evaluate.add_argument("--seeds", default="0", help="comma-separated seeds (default: 0)")
    evaluate.add_argument(
        "--protocol",
        choices=("folds", "loso", "loco", "10-fold", "80-20"),
        default="folds",
        help="folds: five, speaker-disjoint (default); loso, loco: leave one speaker or corpus "
        "out; 10-fold, 80-20: random clips, as in some papers",
    )
    evaluate.add_argument(
        "--folds", default="all", help="all, or fold numbers, as in 0,1 (default: all)"
    )
    evaluate.add_argument(
        "--noise",
        default="clean",
        help="test conditions: clean, SNR (white noise), pink:SNR, babble:SNR, silence:PERCENT; "
        "as in clean,20,pink:10,babble:5,silence:30 (dB; up to 50 %% of the time; default: clean)",
    )
    _add_machine(evaluate)

    smaller = add_command(
        commands,
        "prune-encoder",
        module="train.encoder",
        purpose="training",
        summary="remove hidden units of Whisper's layers; the rest stands in for them",
        examples=(
            "--config cogcn-whisper --set sounds=DIR --corpus emodb=DIR --units 768 --output DIR",
        ),
    )
    _add_training(smaller, required=True)
    smaller.add_argument("--units", type=int, required=True, help="hidden units to keep in a layer")
    smaller.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder for the encoder"
    )
    add_files(smaller)

    corpora = commands.add_parser("corpora", help="inspect copies of the corpora")
    corpora.set_defaults(parser=corpora)
    check = _add(
        corpora.add_subparsers(dest="action", metavar="check", required=True),
        "check",
        "compare counts with a complete copy; list what is missing or unreadable",
        "iemocap=DIR emodb=DIR",
    )
    check.add_argument("corpus", nargs="+", metavar="NAME=PATH", help=_NAMES)
    _add_labels(check)
    add_files(check)


def _add(commands: Commands, name: str, summary: str, *examples: str) -> Parser:
    return add_command(
        commands,
        name,
        module="train.commands",
        purpose="training",
        summary=summary,
        examples=examples,
    )


def networks() -> list[str]:
    """Name the networks by their configurations, NAME.toml: to import them takes seconds."""
    names = sorted(path.stem for path in (Path(__file__).parent / "configs").glob("*.toml"))
    # NAME-RECIPE.toml is another configuration of a network
    return [name for name in names if not any(name.startswith(f"{n}-") for n in names)]


def _add_training(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--model",
        default="cogcn",
        help=f"{', '.join(networks())}; to evaluate also svm, svm-linear, svm-rbf (default: cogcn)",
    )
    parser.add_argument(
        "--config",
        metavar="NAME|FILE",
        help="name in train/configs, or a TOML file (default: MODEL)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting of the configuration",
    )
    parser.add_argument(
        "--normalisation", choices=("cold", "speaker"), help="short for --set normalisation=…"
    )
    parser.add_argument(
        "--features",
        metavar="SET",
        help="short for --set features=…: egemaps-lld, egemaps-88[@F/S], emobase-lld, rlc-lld, "
        "mfcc-40[@F/S], log-mel-128[@F/S] (frame, step in ms), egemaps-88-clip",
    )
    _add_labels(parser)
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        required=required,
        metavar="NAME=PATH",
        help=f"{_NAMES}; repeatable",
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="train on a Dask cluster, as in tcp://host:8786"
    )
    add_files(parser)


def _add_labels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--labels",
        metavar="NAME,NAME,…",
        help=f"2 to {MOST_LABELS} classes of your own, as a CSV manifest names them; clips of any "
        f"other are left out (default: {','.join(LABELS)})",
    )


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the options of all that reads clips."""
    parser.add_argument("--jobs", type=int, help="processes (default: one per core)")
    parser.add_argument(
        "--cache",
        type=Path,
        help="cache of extracted features (default: EDGE_SER_CACHE or the user's cache)",
    )
