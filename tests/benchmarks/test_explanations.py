"""The table of how faithful explanations are, and one clip measured."""

from __future__ import annotations

import pytest

from benchmarks.explanations import BY_EFFECT, BY_GROUP, LOUDEST, Measured, measure, page
from edge_ser.demo import PATH as DEMO


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_errors_are_those_of_speakers() -> None:
    areas = {"a": (0.1, 0.3), "b": (0.4, 0.4), "c": (-0.1, 0.1)}
    measured = [
        Measured("cogcn", speaker, BY_EFFECT, area, 2 * area)
        for speaker, own in areas.items()
        for area in own
    ]
    heads, _, row = rows(page(measured))
    assert heads[2:] == ["clips", "area", "against the reverse", "better than chance, %"]
    # means of the speakers: 20, 40, 0; their standard deviation 20, over the root of 3
    assert row == ["`cogcn`", BY_EFFECT, "6", "20.0 ± 11.5", "40.0 ± 23.1", "83"]


@pytest.mark.parametrize("model", ["cogcn", "cogcn-whisper"])
def test_a_clip_is_measured_in_every_order(model: str) -> None:
    found = {m.order: m for m in measure(model, "espeak", DEMO)}
    assert (BY_GROUP in found) == (model == "cogcn")
    assert found[BY_EFFECT].area > max(found[LOUDEST].area, 0.02)
    assert all(m.speaker == "espeak" and m.model == model for m in found.values())
