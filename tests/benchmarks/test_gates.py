"""The table of detectors, from made-up candidates."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import gates
from benchmarks.gates import Candidate


def candidate(kind: str, file: str, score: float) -> Candidate:
    features = np.array([score, 1.0], np.float32)
    return Candidate(
        kind,
        file,
        2.0,
        features,
        dict.fromkeys(gates.DETECTORS, score),
        dict.fromkeys(gates.DETECTORS, 0.1),
    )


def test_half_of_the_clips_choose_and_the_other_half_judges() -> None:
    speech = [candidate("speech", f"s{i}", 1 + i / 100) for i in range(100)]
    sounds = [candidate("esc-10", f"e{i}", i / 10) for i in range(20)]
    trained = {f"s{i}" for i in range(0, 100, 2)} | {"e0", "e1"}
    page = gates.page({"speech": 50, "esc-10": 36}, [*sounds, *speech], trained)
    rows = [line for line in page.splitlines() if line.startswith("|")]
    heads, _, none, first, *_ = ([cell.strip() for cell in row.split("|")[1:-1]] for row in rows)
    assert heads == ["detector", "needs", "esc-10, %", "speech, %", "processor time, %"]
    assert none == ["none", "", "50.0", "100.0", ""]
    # 98.5 % of the clips with even numbers have 1.01 s or more: of the others, all but the first
    assert first[1:] == ["1.01 s", "25.0", "98.0", "5.00"]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_detector_hears_what_is_soft(at_once: bool) -> None:
    heard: list[int] = []

    def probability(chunk: bytes) -> float:
        heard.append(int(np.abs(np.frombuffer(chunk, np.int16)).max()))
        return 0.25

    samples = np.repeat(np.array([10, 100, 1000], np.int16), 160)
    assert gates._seconds(samples, 160, probability, at_once) == pytest.approx(3 * 0.25 * 0.01)
    assert heard == ([1000, 10_000, 16_384] if at_once else [164, 1638, 16_384])
