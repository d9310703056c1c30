"""``python -m train``: train a model, or evaluate one by cross-validation."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.errors import EdgeSerError
from train.corpora import READERS

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = f"a corpus and its folder ({', '.join(READERS)}), or any name and a CSV manifest"
_CORPORA = "--corpus ravdess=DIR --corpus emodb=DIR --corpus nemo=DIR"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 after an error message on stderr."""
    options = _parser().parse_args(arguments)
    try:
        from train import commands  # slow imports (torch): only after parsing
    except ModuleNotFoundError as error:
        print(
            f"error: training needs {error.name}, which is not installed; "
            "make train-env, then . .venv-train/bin/activate",
            file=sys.stderr,
        )
        return 1
    try:
        fine = commands.run(options, sys.argv[1:] if arguments is None else list(arguments))
    except EdgeSerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on with the next fold", file=sys.stderr)
        return 1
    return 0 if fine else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser(
        "fit",
        help="train five folds, then a model on all speakers with the settings they chose",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"example:\n  python -m train fit --model cogcn {_CORPORA} --output RUN",
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

    evaluate = commands.add_parser(
        "evaluate",
        help="metrics on test speakers, by cross-validation or from the folds of a run",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n"
        f"  python -m train evaluate --model svm-rbf {_CORPORA} --output FILE.json\n"
        "  python -m train evaluate --run RUN --noise clean,20,10 --output FILE.json",
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

    corpora = commands.add_parser("corpora", help="inspect copies of the corpora")
    check = corpora.add_subparsers(dest="action", required=True).add_parser(
        "check",
        help="compare counts with a complete copy; list what is missing or unreadable",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example:\n  python -m train corpora check iemocap=DIR emodb=DIR",
    )
    check.add_argument("corpus", nargs="+", metavar="NAME=PATH", help=_NAMES)
    _add_files(check)
    return parser


def _networks() -> list[str]:
    """Name the networks by their configurations, NAME.toml: to import them takes seconds."""
    names = sorted(path.stem for path in (Path(__file__).parent / "configs").glob("*.toml"))
    # NAME-RECIPE.toml is another configuration of a network
    return [name for name in names if not any(name.startswith(f"{n}-") for n in names)]


def _add_training(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--model",
        default="cogcn",
        help=f"{', '.join(_networks())}; to evaluate also svm, svm-linear, svm-rbf "
        "(default: cogcn)",
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
    _add_files(parser)


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--jobs", type=int, help="processes (default: one per core)")
    parser.add_argument(
        "--cache",
        type=Path,
        help="cache of extracted features (default: EDGE_SER_CACHE or the user's cache)",
    )


if __name__ == "__main__":
    sys.exit(main())
