"""Whether the order of importance that `edge-ser explain` shows is faithful to the network.

    python -m benchmarks.explanations --corpora DIR

Clips of each corpus, evenly spaced, are heard as on a device, and parts of their longest utterances
left out in an order: first what counted most. An order is faithful if the probability of the answer
falls faster along it than along random ones: the area between the two curves, in points of
probability, averaged over the share that is left out. `results/explanations.md` shows it, with a
standard error over speakers.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import joblib
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console

from benchmarks import CORPORA, RESULTS
from edge_ser.audio import SAMPLING_RATE, AudioFile
from edge_ser.explanation.attribution import Occlusion, deletion_curve
from edge_ser.explanation.groups import group_of, groups
from edge_ser.explanation.hearing import BIN, hear
from edge_ser.recognizer import load
from train.corpora import read
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from edge_ser.explanation.hearing import Heard, Hearing
    from edge_ser.recognizer import Recognizer

MODELS = ("cogcn", "cogcn-whisper", "cogcn-whisper-open")
BY_EFFECT, LOUDEST, OUTERMOST, BY_GROUP = (
    "moments, by leave-one-out",
    "moments, the loudest first",
    "moments, the ends last",
    "kinds of measurement, by leave-one-out",
)


class Measured(NamedTuple):
    """What an order is worth for one clip."""

    model: str
    speaker: str
    order: str
    area: float
    spread: float


@lru_cache(maxsize=1)
def _recognizer(model: str) -> Recognizer:
    return load(model)


def measure(model: str, speaker: str, file: Path) -> list[Measured]:
    """Measure each order in the longest utterance of a clip; nothing if there is none."""
    recognizer = _recognizer(model)
    hearing = hear(recognizer, AudioFile(file), voice=recognizer.unknown_voice(), most=1)
    if not hearing.longest:
        return []
    (heard,) = hearing.longest
    x = recognizer.inputs(heard.segment.values, heard.voice)
    occlusion = Occlusion(recognizer, x, heard.voice)
    nodes, everywhere = np.arange(len(occlusion.x)), np.ones(len(occlusion.x), bool)
    own = groups(hearing.names)
    owner = np.array([list(own).index(group_of(name).name) for name in hearing.names])

    def without_nodes(parts: NDArray[np.intp]) -> float:
        rows = np.isin(nodes, parts)
        return float(occlusion.without(rows).probabilities[occlusion.label])

    def without_groups(parts: NDArray[np.intp]) -> float:
        left = occlusion.without(everywhere, np.isin(owner, parts))
        return float(left.probabilities[occlusion.label])

    effects = np.array([occlusion.without(nodes == node).drop for node in nodes.tolist()])
    orders: list[tuple[str, Callable[[NDArray[np.intp]], float], NDArray[np.float64]]] = [
        (BY_EFFECT, without_nodes, effects),
        (LOUDEST, without_nodes, _loudness(hearing, heard, recognizer)),
        (OUTERMOST, without_nodes, -np.abs(nodes - nodes.mean())),
    ]
    if own:
        drops = np.array([occlusion.without(everywhere, part).drop for part in own.values()])
        orders.append((BY_GROUP, without_groups, drops))
    found = []
    for name, probability, importance in orders:
        curve = deletion_curve(probability, importance)
        found.append(Measured(model, speaker, name, curve.area, curve.spread))
    return found


def _loudness(hearing: Hearing, heard: Heard, recognizer: Recognizer) -> NDArray[np.float64]:
    """Return the peak (n,) of the signal in the frame of each node."""
    features, outline = recognizer.bundle.features, hearing.waveform
    peaks = np.maximum(outline.high.astype(float), -outline.low.astype(float))
    middles = heard.segment.first + features.step * np.arange(len(heard.segment.values))
    bins = SAMPLING_RATE / BIN
    starts = np.maximum((middles - features.frame / 2) * bins, 0).astype(int)
    ends = np.maximum(((middles + features.frame / 2) * bins).astype(int), starts + 1)
    return np.array([peaks[a:b].max(initial=0) for a, b in zip(starts, ends, strict=True)])


def page(measured: Sequence[Measured]) -> str:
    """Write the table."""
    lines = [
        "# Is what `edge-ser explain` shows faithful?",
        "",
        "Parts of an utterance are left out, first those that count most according to an order,",
        "and the probability of the answer is compared with that along 20 random orders. Area:",
        "between the two curves, in points of probability, averaged over the share that is left",
        "out; 0 is chance. Against the reverse: between the order and its reverse. ±: standard",
        "error over speakers. Better than chance: share of the clips with an area above 0. The",
        "models know these corpora from training: this is about what they use, not how right they",
        "are.",
        "",
        "| model | order | clips | area | against the reverse | better than chance, % |",
        "|---|---|---|---|---|---|",
    ]
    for model in dict.fromkeys(m.model for m in measured):
        for order in dict.fromkeys(m.order for m in measured):
            own = [m for m in measured if (m.model, m.order) == (model, order)]
            if not own:
                continue
            area = _with_error([(m.speaker, 100 * m.area) for m in own])
            spread = _with_error([(m.speaker, 100 * m.spread) for m in own])
            better = 100 * np.mean([m.area > 0 for m in own])
            lines.append(f"| `{model}` | {order} | {len(own)} | {area} | {spread} | {better:.0f} |")
    return "\n".join([*lines, "", "Made by `python -m benchmarks.explanations --corpora DIR`.", ""])


def _with_error(values: Sequence[tuple[str, float]]) -> str:
    by_speaker = defaultdict(list)
    for speaker, value in values:
        by_speaker[speaker].append(value)
    means = [float(np.mean(own)) for own in by_speaker.values()]
    mean = np.mean([value for _, value in values])
    return f"{mean:.1f} ± {np.std(means, ddof=1) / np.sqrt(len(means)):.1f}"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.explanations",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=corpora, required=corpora is None)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    parser.add_argument("--clips", type=int, default=50, help="of each corpus (default: 50)")
    args = parser.parse_args()
    console = Console(stderr=True)
    work = []
    for model in MODELS:
        for name in (*CORPORA, "crema-d"):
            rows = read(name, args.corpora / name)
            chosen = np.linspace(0, len(rows), args.clips, endpoint=False).astype(int)
            work += [
                (model, f"{name} {rows[i].speaker}", Path(rows[i].path)) for i in chosen.tolist()
            ]
    measured: list[Measured] = []
    with progress(console, "explanations", len(work)) as advance:
        calls = (delayed(measure)(*part) for part in work)
        for found in Parallel(n_jobs=args.jobs, batch_size=10, return_as="generator")(calls):
            measured += found
            advance()
    (RESULTS / "explanations.md").write_text(page(measured))


if __name__ == "__main__":
    # by its name: other processes cannot be sent a cached function of a script
    from benchmarks import explanations

    explanations.main()
