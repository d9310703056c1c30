"""Options of the export, without slow imports."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_ser.bundle import WEIGHTS

BACKENDS = {file.rpartition(".")[2]: backend for backend, file in WEIGHTS.items()}
"""Format to the backend that reads it: npz, onnx, tflite."""

LARGEST_PRUNE = 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all options but the run itself, the attribute ``run``."""
    parser.add_argument("--output", type=Path, required=True, help="folder of the new bundle")
    parser.add_argument(
        "--precision",
        choices=("int8", "fp32"),
        default="int8",
        help="int8: one-byte weights, a quarter of the size; fp32: as trained (default: int8)",
    )
    parser.add_argument(
        "--prune",
        type=_fraction,
        default=0.0,
        metavar="FRACTION",
        help="prune this part of the hidden units and fine-tune on the training speakers; CoGCN "
        "and TGCN only (default: 0)",
    )
    parser.add_argument(
        "--formats",
        nargs="+",
        choices=tuple(BACKENDS),
        help="npz: needs only NumPy, CoGCN and TGCN only; onnx: for onnxruntime, any length; "
        "tflite: for LiteRT, smallest runtime, fixed length for most systems "
        "(default: all available for the system)",
    )
    parser.add_argument(
        "--max-ua-drop",
        type=float,
        default=0.5,
        metavar="POINTS",
        help="write nothing if UA on the test folds falls by more (default: 0.5)",
    )
    parser.add_argument(
        "--strangers",
        type=Path,
        metavar="RUN",
        help="run of the same recipe by `train fit --protocol loco`; its networks, on corpora "
        "unknown to them, give temperature, threshold and accuracy on strangers",
    )
    parser.add_argument(
        "--cache",
        type=Path,
        help="cache of extracted features (default: EDGE_SER_CACHE or the user's cache)",
    )
    parser.add_argument("--jobs", type=int, default=2, help="processes for features (default: 2)")


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= LARGEST_PRUNE:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {LARGEST_PRUNE}")
    return value
