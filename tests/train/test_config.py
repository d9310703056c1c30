from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from edge_ser.errors import EdgeSerError
from train import config, models
from train.config import Config
from train.features.extraction import dimension, step
from train.options import networks


def test_the_default_is_the_paper() -> None:
    paper = config.load("cogcn")
    assert paper.features == "egemaps-88"
    assert paper.gamma == (0.5, 0.55, 0.6)
    assert paper.network == {
        "layers": (2, 3, 4),
        "hidden": (128,),
        "skip": (True,),
        "preprocess": (True,),
        "dropout": (0.1,),
    }
    assert (paper.epochs, paper.batch, paper.learning_rate) == (50, 32, 1e-3)
    assert len(paper.candidates()) == 9
    assert len({json.dumps(c.network) + str(c.gamma) for c in paper.candidates()}) == 9


def test_the_bundled_models_recipe_stays_small() -> None:
    edge = config.load("cogcn", "cogcn-edge", ["sounds=DIR"])
    for candidate in edge.candidates():
        model = models.create("cogcn", dimension(edge.features), 4, candidate.network)
        assert models.count_parameters(model) <= 56_000
    assert edge.channels > 0 and edge.voice_prior > 0
    assert edge.without == ("crema-d/1006",)
    assert edge == Config.from_dict(json.loads(json.dumps(edge.to_dict())))


def test_channels_need_sounds() -> None:
    with pytest.raises(EdgeSerError, match="channels need a folder of sounds: --set sounds=DIR"):
        config.load("cogcn", "cogcn-edge")


def test_set_changes_values() -> None:
    changed = config.load(
        "cogcn",
        changes=[
            "layers=2,3",
            "gamma=0.7",
            "features=egemaps-88@500/100",
            "skip=false,true",
            "learning_rate=1",
            "normalisation=speaker",
        ],
    )
    assert changed.network["layers"] == (2, 3)
    assert changed.gamma == (0.7,)
    assert changed.features == "egemaps-88@500/100"
    assert changed.network["skip"] == (False, True)
    assert changed.learning_rate == 1.0
    assert changed.normalisation == "speaker"


def test_other_graphs_have_no_gamma() -> None:
    temporal = config.load("cogcn", changes=["graph=temporal"])
    assert [c.gamma for c in temporal.candidates()] == [None] * 3


def test_json_round_trip() -> None:
    paper = config.load("cogcn")
    assert Config.from_dict(json.loads(json.dumps(paper.to_dict()))) == paper


def test_labels_are_written_where_they_are_not_the_usual() -> None:
    """So that runs, row files and bundles of the usual four stay as they are."""
    assert "labels" not in config.load("cogcn").to_dict()
    own = config.load("cogcn", changes=["labels=calm,stressed"])
    assert own.labels == ("calm", "stressed")
    assert Config.from_dict(json.loads(json.dumps(own.to_dict()))) == own


def test_a_choice_names_what_had_several_values() -> None:
    settings = config.load("cogcn", changes=["layers=2,3", "gamma=0.5"])
    assert [settings.choice(c) for c in settings.candidates()] == ["layers 2", "layers 3"]
    settings = config.load("cogcn", changes=["layers=2", "gamma=0.5,0.6"])
    assert settings.choice(settings.candidates()[1]) == "gamma 0.6"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hiden=128", r"no key 'hiden'; did you mean hidden\?"),
        ("hidden=big", "hidden = 'big'; it must be a whole number"),
        ("hidden=1.5", "hidden = 1.5; it must be a whole number"),
        ("epochs=true", "epochs = True; it must be a whole number"),
        ("epochs=1,2", r"epochs = \[1, 2\]; it must be a whole number"),
        ("skip=1", "skip = 1; it must be true or false"),
        ("layers=[]", "layers has no candidates"),
        ("layers", "write key=value"),
        ("graph=star", "graph must be one of cosine, temporal, cycle"),
        ("normalisation=hot", "normalisation must be one of cold, speaker"),
        ("balance=all", "balance must be one of none, corpora"),
        ("gamma=2", "gamma must lie"),
        ("dropout=1.0", "dropout must lie"),
        ("layers=0", "at least 1"),
        ("batch=0", "at least 1"),
        ("consistency=-1", "voice_prior, noise and consistency must be 0 or more"),
        ("noise=-1", "voice_prior, noise and consistency must be 0 or more"),
        ("voice_offset=0.3", "voice_offset must lie in \\[0, 1\\], and be 0 without voice_prior"),
        ("votes=2", r"votes must lie in \[0, 1\]"),
        ("crop=0.0", r"share and crop must lie in \(0, 1\]"),
        ("consistency=1", "consistency compares two variants of a clip"),
        ("augment=-1", "augment and channels must be 0 or more"),
        ("effects=room,fog", "effects must be some of speed, room, noise"),
        ("features=mfcc", "no feature set 'mfcc'"),
    ],
)
def test_errors_say_what_to_write(change: str, message: str) -> None:
    with pytest.raises(EdgeSerError, match=message):
        config.load("cogcn", changes=[change])


def test_files(tmp_path: Path) -> None:
    text = (config.FOLDER / "cogcn.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(text.replace("epochs = 50", "epochs = 7"))
    assert config.load("cogcn", str(own)).epochs == 7
    own.write_text(text.replace("epochs = 50", ""))
    with pytest.raises(EdgeSerError, match="epochs is missing"):
        config.load("cogcn", str(own))
    own.write_text("epochs = = 3")
    with pytest.raises(EdgeSerError, match="not a TOML file"):
        config.load("cogcn", str(own))
    with pytest.raises(
        EdgeSerError, match="no configuration 'none', nor such a TOML file; there are bigru, co"
    ):
        config.load("cogcn", "none")


SETS = ("egemaps-lld", "egemaps-88@500/100", "emobase-lld", "rlc-lld", "mfcc-40", "log-mel-128")


@pytest.mark.parametrize("name", models.MODELS)
@pytest.mark.parametrize("features", SETS)
def test_any_model_on_any_feature_set(name: str, features: str) -> None:
    changes = [f"features={features}"]
    if name == "glam":
        changes.append(f"frames={round(2.0 / step(features))}")
    chosen = config.load(name, changes=changes)
    width, candidate = dimension(features), chosen.candidates()[-1]
    model = models.create(name, width, 4, candidate.network).eval()
    x, mask = torch.randn(2, 12, width), torch.ones(2, 12)
    mask[1, 9:] = 0.0
    inputs = (x, torch.eye(12).expand(2, 12, 12), mask) if model.graph else (x, mask)
    assert model(*inputs).shape == (2, 4)


@pytest.mark.parametrize(
    ("model", "change", "message"),
    [
        ("ga-gru", "graph=cycle", "ga-gru has no use for a graph"),
        ("wma-gin", "graph=none", "wma-gin needs a graph"),
        ("cogcn", "mixup=0.5", "mixup mixes frames"),
        ("glam", "window=4.0", "window must not be longer than the network's frames"),
        ("rlc", "words=v.txt", "words go with word_dimension"),
        ("rlc", "word_dimension=300", "words go with word_dimension"),
        ("rlc", "share=0", "decay, share and crop must lie in"),
        ("glam", "decay=1.5", "decay, share and crop must lie in"),
        ("glam", "minimum_rate=-1", "must be 0 or more"),
        ("bigru", "window=0", "must be positive"),
    ],
)
def test_what_does_not_go_together(model: str, change: str, message: str) -> None:
    with pytest.raises(EdgeSerError, match=message):
        config.load(model, changes=[change])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wma-gin", {"learning_rate": 1e-4, "weight_decay": 1e-8, "batch": 128, "window": 1.2}),
        ("ga-gru", {"learning_rate": 2e-4, "batch": 64, "normalisation": "speaker"}),
        ("rlc", {"learning_rate": 1e-3, "batch": 128}),
        (
            "glam",
            {
                "learning_rate": 1e-4,
                "decay": 0.95,
                "minimum_rate": 1e-6,
                "weight_decay": 1e-6,
                "batch": 32,
                "epochs": 50,
                "mixup": 0.5,
                "window": 2.0,
                "window_step": 0.4,
            },
        ),
    ],
)
def test_the_other_papers_hyper_parameters(name: str, expected: dict[str, object]) -> None:
    found = config.load(name).to_dict()
    assert {key: found[key] for key in expected} == expected


def test_the_command_line_names_every_network() -> None:
    assert networks() == list(models.MODELS)
