from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge_ser.errors import EdgeSerError
from train import config, models
from train.config import Config


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
    edge = config.load("cogcn", "cogcn-edge")
    for candidate in edge.candidates():
        model = models.create("cogcn", 88, 4, candidate.network)
        assert models.count_parameters(model) <= 56_000
    assert edge.augment > 0


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("hiden=128", "no key 'hiden'; there are features, graph, gamma,.*hidden"),
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
        ("augment=-1", "augment must be 0 or more"),
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
    with pytest.raises(EdgeSerError, match="no configuration 'none'; there are bigru, co"):
        config.load("cogcn", "none")
