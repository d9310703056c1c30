from __future__ import annotations

import numpy as np

from benchmarks.report.noise import ON_FRAMES, draw_curves, draw_panels, noise_curves
from report.page import Note, Picture
from report.style import SYSTEMS
from tests.benchmarks.report.artists import colours, points, ticks
from tests.benchmarks.report.made_up import fit, several, system
from train.systems import TITLES


def test_a_panel_a_disturbance() -> None:
    (picture,) = noise_curves(several())
    assert isinstance(picture, Picture)
    white, silence = (panel.axes[0] for panel in picture.panels)
    assert white.get_title(loc="left") == "white noise"
    assert white.get_xlabel() == "signal-to-noise ratio (dB)"
    assert ticks(white) == ["clean", "20", "0"]
    assert silence.get_xlabel() == "inserted silence (%)"
    assert white.get_ylim() == silence.get_ylim()
    (line,) = points(white)  # the SVM was tested on clean clips only
    np.testing.assert_allclose(line[:, 1], [70, 60, 30])


def test_frames_have_pictures_of_their_own() -> None:
    conditions = {"noise:10": 5}
    names = ("noise-cogcn", f"{ON_FRAMES}cogcn", f"{ON_FRAMES}tgcn")
    pictures = noise_curves([system(name, [fit(0, 6, conditions=conditions)]) for name in names])
    coarse, fine = (picture for picture in pictures if isinstance(picture, Picture))
    assert [len(points(picture.panels[0].axes[0])) for picture in (coarse, fine)] == [1, 2]
    assert fine.heading == "UA under noise and silence, cold, frames of 25 ms"


def test_the_worst_is_on_the_right() -> None:
    levels = {"pink:0": 2, "pink:-5": 1, "pink:10": 3, "silence:50": 1, "silence:10": 4}
    systems = [system("svm", [fit(0, 6, conditions=levels)])]
    for kind, names in (("pink", ["clean", "10", "0", "-5"]), ("silence", ["clean", "10", "50"])):
        axes = draw_curves(systems, kind).axes[0]
        assert ticks(axes) == names
        assert (np.diff(points(axes)[0][:, 1]) < 0).all()


def test_a_system_without_one_level_keeps_its_place() -> None:
    systems = [
        system("svm", [fit(0, 6, conditions={"noise:20": 5, "noise:0": 2})]),
        system("cogcn", [fit(0, 6, conditions={"noise:0": 3})]),
    ]
    axes = draw_curves(systems, "noise").axes[0]
    whole, partly = (line[:, 0] for line in points(axes))
    np.testing.assert_allclose(np.round(partly), [0, 2])
    assert whole[0] != partly[0]  # error bars side by side


def test_clean_clips_only() -> None:
    (note,) = noise_curves([system("svm", [fit(0, 5)])])
    assert isinstance(note, Note)


def test_a_row_of_noise_looks_like_its_system() -> None:
    conditions = {"noise:20": 5}
    systems = [system(f"noise-{name}", [fit(0, 6, conditions=conditions)]) for name in SYSTEMS]
    (panel,) = draw_panels(systems).values()
    axes = panel.axes[0]
    assert axes.get_legend_handles_labels()[1] == [TITLES[name] for name in SYSTEMS]
    assert colours(axes) == [hue for hue, _ in SYSTEMS.values()]
