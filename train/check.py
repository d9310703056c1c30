"""``python -m train corpora check``: contents and gaps of a copy of a corpus."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from edge_ser.errors import EdgeSerError
from edge_ser.events import LABELS
from train.corpora import READERS, read
from train.corpora.rows import Complete, Row
from train.features.readable import name_faults, readable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from train.features.cache import Cache

_UNKNOWN = Complete(speakers=(), emotions={})


def check(
    name: str, path: Path, cache: Cache, console: Console, labels: Sequence[str] = LABELS
) -> bool:
    """Print the clip counts of a corpus beside those of a complete copy.

    An incomplete corpus is reported but is not a failure.

    Args:
        name: as :func:`train.corpora.read` takes it.
        path: as :func:`train.corpora.read` takes it.
        cache: decodes each clip once and stores the outcome.
        console: receives the table and the list of what is missing or unreadable.
        labels: the classes.

    Returns:
        Whether at least one clip is usable and none is unreadable.
    """
    try:
        rows = read(name, path, labels)
    except EdgeSerError as error:
        console.print(f"{name}: {error}", soft_wrap=True, markup=False, highlight=False)
        return False
    reader = READERS.get(name) if path.suffix.lower() != ".csv" else None
    complete = reader.complete if reader and tuple(labels) == LABELS else None
    expected = complete or _UNKNOWN
    good, faults = readable(rows, cache)
    console.print(Text(f"{name}: {path}"), soft_wrap=True)
    console.print(_table(rows, good, expected, labels))
    console.print(_verdict(good, expected, labels), soft_wrap=True, highlight=False)
    name_faults(faults, console)
    return bool(good) and not faults


def _table(
    rows: Sequence[Row], good: Sequence[Row], expected: Complete, labels: Sequence[str]
) -> Table:
    table = Table()
    table.add_column("")
    for heading in ("readable", "unreadable", "expected"):
        table.add_column(heading, justify="right")
    found, usable = (Counter(row.emotion for row in part) for part in (rows, good))
    for emotion in labels:
        bad = found[emotion] - usable[emotion]
        table.add_row(
            emotion, *map(_number, (usable[emotion], bad, expected.emotions.get(emotion)))
        )
    total = sum(expected.emotions.values()) or None
    table.add_section()
    table.add_row("clips", *map(_number, (len(good), len(rows) - len(good), total)))
    speakers = len({row.speaker for row in good})
    table.add_row("speakers", str(speakers), "", _number(len(expected.speakers) or None))
    return table


def _number(count: int | None) -> str:
    return "?" if count is None else str(count)


def _verdict(good: Sequence[Row], expected: Complete, labels: Sequence[str]) -> str:
    counts = Counter(row.emotion for row in good)
    speakers = {row.speaker for row in good}
    emotions = [emotion for emotion in labels if not counts[emotion]]
    absent = [speaker for speaker in expected.speakers if speaker not in speakers]
    lines = [
        f"no clip of {kind}: {', '.join(names)}"
        for kind, names in (("emotion", emotions), ("speaker", absent))
        if names
    ]
    if not expected.emotions:
        lines.append("how many clips a complete copy holds is not known")
    elif counts == expected.emotions:
        lines.append("complete")
    else:
        lines.append("not what a complete copy holds")
    return "\n".join(lines)
