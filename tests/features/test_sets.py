"""Names of feature sets, and what is known of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from edge_ser.features import FeatureSet, FeatureStream, feature_set
from edge_ser.features.emobase import emobase_components
from edge_ser.features.smile import package_folder

SETS = {
    "egemaps-lld": (25, 0.06, 0.01),
    "egemaps-88@25/10": (88, 0.025, 0.01),
    "egemaps-88@500/100": (88, 0.5, 0.1),
    "egemaps-69@500/100": (69, 0.5, 0.1),
    "emobase-lld": (78, 0.04, 0.01),
    "rlc-lld": (17, 0.06, 0.005),
    "mfcc-40@25/10": (40, 0.025, 0.01),
    "mfcc-40@64/32": (40, 0.064, 0.032),
    "log-mel-128@25/10": (128, 0.025, 0.01),
    "log-mel-128@1000/10": (128, 1.0, 0.01),
    "whisper-tiny.en-2": (384, 0.1, 0.1),
}


@pytest.mark.parametrize("spec", SETS)
def test_spec_round_trip(spec: str) -> None:
    features = feature_set(spec)
    assert (features.dimension, features.frame, features.step) == SETS[spec]
    assert features.spec == spec
    assert feature_set(features.spec) == features
    assert features.centre(2) == pytest.approx(2 * features.step + features.frame / 2)


@pytest.mark.parametrize("spec", SETS)
def test_set_frame_and_step_are_enough_to_rebuild_it(spec: str) -> None:
    features = feature_set(spec)
    frame, step = round(features.frame * 1000), round(features.step * 1000)
    assert feature_set(f"{features.set}@{frame}/{step}") == features


def test_frame_and_step_have_defaults() -> None:
    for name in ("egemaps-88", "mfcc-40", "log-mel-128"):
        assert feature_set(name) == feature_set(f"{name}@25/10")


@pytest.mark.parametrize("spec", ["mfcc", "egemaps-88@x/y", "egemaps-88@500", "mfcc-40 ", ""])
def test_unknown_feature_sets(spec: str) -> None:
    with pytest.raises(
        EdgeSerError,
        match=r"mfcc-40, log-mel-128, whisper-tiny.en-1, whisper-tiny.en-2; egemaps-88",
    ):
        feature_set(spec)


@pytest.mark.parametrize(
    ("spec", "longest"),
    [
        ("egemaps-88@5/1", 8000),
        ("egemaps-88@100/200", 8000),
        ("mfcc-40@1001/10", 1000),
        ("mfcc-40@64/65", 1000),
        ("log-mel-128@25/5", 1000),
    ],
)
def test_frames_out_of_range(spec: str, longest: int) -> None:
    with pytest.raises(EdgeSerError, match=f"the frame must be 20 to {longest} ms"):
        feature_set(spec)


@pytest.mark.parametrize("spec", ["emobase-lld@25/10", "rlc-lld@25/5", "egemaps-lld@20/10"])
def test_fixed_frames(spec: str) -> None:
    with pytest.raises(EdgeSerError, match="has a frame of"):
        feature_set(spec)


def test_repr() -> None:
    assert repr(feature_set("mfcc-40@64/32")) == (
        "FeatureSet(set='mfcc-40', frame=0.064, step=0.032, dimension=40, version='1')"
    )


def test_another_number_of_features_is_refused() -> None:
    with pytest.raises(EdgeSerError, match="gives 17 features for rlc-lld instead of 18"):
        FeatureStream(FeatureSet("rlc-lld", 0.06, 0.005, 18, "1"))


def test_emobase_is_made_of_the_installed_text() -> None:
    stock = package_folder() / "config" / "emobase" / "emobase.conf"
    made = emobase_components(stock)
    assert "cFunctionals" not in made
    assert "levelconf" not in made
    for level in ("lld", "lld_de", "lld_de_de", "pitch"):
        assert f"writer.dmLevel=emobase_{level}\n" in made
    instances = [line for line in made.splitlines() if line.startswith("instance[")]
    assert all(line.startswith("instance[emobase_") for line in instances)
    assert len(instances) == len(set(instances)) == 22


def test_emobase_needs_the_installed_text(tmp_path: Path) -> None:
    stock = tmp_path / "emobase.conf"
    with pytest.raises(EdgeSerError, match="cannot read .* install opensmile 2.6"):
        emobase_components(stock)
    stock.write_text("[lld:cContourSmoother]\nreader.dmLevel=a\nwriter.dmLevel=lld\n")
    with pytest.raises(EdgeSerError, match="no deltas; install opensmile 2.6"):
        emobase_components(stock)


def test_emobase_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with FeatureStream(feature_set("emobase-lld")):
        assert not list(tmp_path.iterdir())
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(EdgeSerError, match="let TMPDIR name a writable folder"):
        FeatureStream(feature_set("emobase-lld"))
