"""``edge-ser models``: the list of the bundled models and of those in folders."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from edge_ser.cli import options
from edge_ser.cli.output import fail, write_json, write_table
from edge_ser.errors import EdgeSerError
from edge_ser.paths import mode

if TYPE_CHECKING:
    import argparse

    from edge_ser.bundle import Bundle

SUMMARY = "list the bundled models, and those in folders of your own"
EXAMPLE = "edge-ser models my-models"
_SHOWN = {
    "name": "name",
    "precision": "precision",
    "bytes": "size",
    "strangers": "right on a stranger",
    "enrolled": "once enrolled",
    "licence": "licence",
    "path": "path",
}
"""Keys that people are shown, and the heads of their columns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "folders",
        nargs="*",
        type=Path,
        metavar="DIR",
        help="the folder of a model, or a folder of such folders",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the models that ``--model`` accepts; report those that cannot be used and go on."""
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
        write_table(list(_SHOWN.values()), [_row(record) for record in records])
    return code


def _inside(folder: Path) -> list[Path]:
    """Return the models in a folder; the folder itself if it is a model or contains none."""
    if stat.S_ISREG(mode(folder / "model.json")) or not stat.S_ISDIR(mode(folder)):
        return [folder]
    return sorted(path.parent for path in folder.glob("*/model.json")) or [folder]


def _record(bundle: Bundle) -> dict[str, object]:
    return {
        "name": bundle.name,
        "path": str(bundle.path),
        "precision": bundle.precision,
        "parameters": bundle.parameters,
        "bytes": bundle.nbytes,
        "backends": bundle.backends,
        "strangers": _rounded(bundle.strangers),
        "enrolled": _rounded(bundle.ua("enrolled")),
        "licence": str(bundle.card["licence"]),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _cell(value: object) -> object:
    """Write shares in percent and sizes in kilobytes."""
    if isinstance(value, float):
        return f"{100 * value:.0f} %"
    if isinstance(value, int):
        return f"{value / 1000:.0f} kB"
    return value


def _row(record: dict[str, object]) -> list[object]:
    """Return what people are shown: the licence by its name, without its reasons."""
    short = record | {"licence": re.split("[;,:]", str(record["licence"]))[0]}
    return [_cell(short[key]) for key in _SHOWN]
