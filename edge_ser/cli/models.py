"""``edge-ser models``: the models that come with the package, and those in folders."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import fail, write_json, write_table
from edge_ser.errors import EdgeSerError

if TYPE_CHECKING:
    from edge_ser.bundle import Bundle

SUMMARY = "list the bundled models, and those in folders of your own"
EXAMPLE = "edge-ser models my-models"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="DIR",
        help="a model's folder, or one that holds such folders",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Lists what ``--model`` takes; a model that cannot be used is told, and the next one taken."""
    from edge_ser.bundle import bundled, load_bundle

    code = 0
    bundles = bundled()
    for path in (path for folder in arguments.folders for path in _inside(folder)):
        try:
            bundles.append(load_bundle(path))
        except EdgeSerError as error:
            code = fail(error)
    records = [_record(bundle) for bundle in bundles]
    if arguments.json:
        for record in records:
            write_json(record)
    elif records:
        write_table(list(records[0]), [list(record.values()) for record in records])
    return code


def _inside(folder: Path) -> list[Path]:
    """The folder itself if it is a model or holds none, otherwise those in it that are."""
    try:
        if not (folder / "model.json").is_file():
            return sorted(path.parent for path in folder.glob("*/model.json")) or [folder]
    except OSError:  # a folder that cannot be read, or a name longer than any
        pass
    return [folder]


def _record(bundle: Bundle) -> dict[str, object]:
    return {
        "name": bundle.name,
        "path": str(bundle.path),
        "precision": bundle.precision,
        "parameters": bundle.parameters,
        "bytes": bundle.nbytes,
        "backends": bundle.backends,
    }
