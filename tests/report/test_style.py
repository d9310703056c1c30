from __future__ import annotations

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from edge_ser.events import LABELS
from edge_ser.pictures.style import COLOURS
from report.style import EMOTIONS, SYSTEMS, VOICING, panel, same_height

# Machado et al. 2009, severity 1: linear RGB as seen without one type of cone
DEFICIENCIES = {
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def oklab(colour: str, deficiency: str) -> np.ndarray:
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    cones = np.cbrt(
        np.array(
            [
                [0.41222147, 0.53633254, 0.05144599],
                [0.21190350, 0.68069955, 0.10739696],
                [0.08830246, 0.28171884, 0.62997870],
            ]
        )
        @ seen
    )
    return (
        np.array(
            [
                [0.21045426, 0.79361779, -0.00407205],
                [1.97799850, -2.42859221, 0.45059371],
                [0.02590404, 0.78277177, -0.80867577],
            ]
        )
        @ cones
    )


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("marks", [EMOTIONS, VOICING], ids=["emotions", "voicing"])
def test_the_colour_blind_tell_them_apart(
    marks: dict[str, tuple[str, str]], deficiency: str
) -> None:
    for (_, (one, _)), (_, (other, _)) in itertools.combinations(marks.items(), 2):
        for scheme in (0, 1):
            pair = [
                next(both[scheme] for both in COLOURS.values() if both[0] == hue)
                for hue in (one, other)
            ]
            distance = np.linalg.norm(np.subtract(*(oklab(hue, deficiency) for hue in pair)))
            assert distance > 0.09, (
                one,
                other,
                scheme,
            )  # red and green of the same lightness: 0.05


def test_every_mark_is_of_its_own() -> None:
    assert tuple(EMOTIONS) == LABELS
    for marks in (EMOTIONS, VOICING, SYSTEMS):
        assert len({marker for _, marker in marks.values()}) == len(marks)
        assert len({hue for hue, _ in marks.values()}) == len(marks)
        assert {hue for hue, _ in marks.values()} <= {light for light, _ in COLOURS.values()}


def test_panels_of_one_height() -> None:
    figures = [panel()[0], panel()[0]]
    figures[0].axes[0].set_ylim(0, 5)
    figures[1].axes[0].set_ylim(-2, 3)
    same_height(figures)
    assert [figure.axes[0].get_ylim() for figure in figures] == [(-2, 5), (-2, 5)]
