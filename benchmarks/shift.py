"""Sensitivity to timing: predictions for the same clip, a few milliseconds later.

    python -m benchmarks.shift --corpora DIR

With a microphone, speech begins at any phase of openSMILE's 10 ms frames and of the node step.
Every tenth clip is classified as it is and 3 to 73 ms later. The bundled model was trained on these
speakers, so the results say nothing about accuracy.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import CORPORA, RESULTS
from edge_ser import AudioFile, AudioSignal, Recognizer, load
from edge_ser.audio import SAMPLING_RATE
from train.corpora import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIFTS = (3, 28, 73)
"""Delays in milliseconds."""


def answers(recognizer: Recognizer, path: Path) -> NDArray[np.float64] | None:
    """Compute (1 + shifts, C) probabilities of a clip; None if no speech is detected."""
    signal = np.concatenate([block.samples for block in AudioFile(path)])
    found = []
    for shift in (0, *SHIFTS):
        silence = np.zeros(SAMPLING_RATE + shift * SAMPLING_RATE // 1000, np.int16)
        later = AudioSignal(np.concatenate([silence, signal]), SAMPLING_RATE)
        probabilities = recognizer.classify_source(later).probabilities
        if probabilities is None:
            return None
        found.append(list(probabilities.values()))
    return np.array(found)


def table(corpora: Path) -> str:
    """Measure every corpus, and format the results as Markdown."""
    recognizer = load("cogcn")
    lines = [
        "# The same clip, a little later",
        "",
        f"Every tenth clip, {', '.join(map(str, SHIFTS))} ms later against unshifted: share of",
        "answers with the same label, and the largest change of a probability.",
        "",
        "| corpus | clips | same label, % | change within 0.05, % | median change | 90 % below |",
        "|---|---|---|---|---|---|",
    ]
    for name in CORPORA:
        rows = read(name, corpora / name)[::10]
        found = [a for row in rows if (a := answers(recognizer, row.path)) is not None]
        probabilities = np.array(found)
        labels = probabilities.argmax(axis=2)
        change = np.abs(probabilities[:, 1:] - probabilities[:, :1]).max(axis=2)
        same = 100 * np.mean(labels[:, 1:] == labels[:, :1])
        lines.append(
            f"| {name} | {len(found)} | {same:.0f} | {100 * np.mean(change <= 0.05):.0f} "
            f"| {np.median(change):.3f} | {np.percentile(change, 90):.3f} |"
        )
    return "\n".join([*lines, "", "Made by `python -m benchmarks.shift --corpora DIR`.", ""])


def main() -> None:
    """Measure, and write ``results/shift.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shift", description=__doc__)
    default = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=default, required=default is None)
    (RESULTS / "shift.md").write_text(table(parser.parse_args().corpora))


if __name__ == "__main__":
    main()
