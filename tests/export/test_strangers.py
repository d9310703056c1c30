"""A model that is judged on corpora left out of its training, and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import edge_ser
from benchmarks.strangers import pictures, tables
from benchmarks.strangers.conditions import AVERAGED, CONDITIONS
from edge_ser.audio import AudioFile
from edge_ser.bundle import load_bundle
from export.quantize import main as quantize
from export.states import STATES
from train.__main__ import main as train

FILES = {"one": "ravdess/Actor_0[1-6]/03-01-{}-01-01-01-*.flac", "two": "emodb/wav/0[39]*{}?.*"}
CODES = {
    "one": {"neutral": "01", "happy": "03", "sad": "04", "angry": "05"},
    "two": {"neutral": "N", "happy": "F", "sad": "T", "angry": "W"},
}


@pytest.fixture(scope="module")
def runs(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Train on few clips of two corpora, through one channel: by folds, and with one left out."""
    folder = tmp_path_factory.mktemp("runs")
    given = ["--cache", str(folder / "cache"), "--jobs", "1", "--config", "cogcn-edge"]
    for setting in ("channels=1", "epochs=2", "layers=1", "hidden=16", "without=one/6"):
        given += ["--set", setting]
    given += ["--set", f"sounds={corpora / 'sounds'}"]
    for name, codes in CODES.items():
        lines = ["path,speaker,emotion"]
        for emotion, code in codes.items():
            for path in sorted(corpora.glob(FILES[name].format(code)))[:12]:
                speaker = path.parent.name[-1] if name == "one" else path.name[:2]
                lines.append(f"{path},{speaker},{emotion}")
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        given += ["--corpus", f"{name}={folder / f'{name}.csv'}"]
    found = {"cache": folder / "cache"}
    for protocol in ("folds", "loco"):
        found[protocol] = folder / protocol
        output = ["--protocol", protocol, "--output", str(found[protocol])]
        assert train(["fit", *given, *output]) == 0
    return found


def export(runs: dict[str, Path], output: Path, *more: str) -> int:
    given = ["--run", str(runs["folds"]), "--output", str(output), "--cache", str(runs["cache"])]
    return quantize([*given, "--jobs", "1", "--formats", "npz", "--max-ua-drop", "50", *more])


def test_the_card_says_how_right_it_is(
    runs: dict[str, Path], tmp_path: Path, corpora: Path
) -> None:
    output = tmp_path / "mine"
    assert export(runs, output, "--strangers", str(runs["loco"])) == 0
    bundle = load_bundle(output)
    assert bundle.prior == 100
    assert 0.1 < bundle.temperature < 20
    assert 0.25 <= bundle.threshold < 1
    states = bundle.card["strangers"]
    assert list(states) == list(STATES)
    assert list(states["cold"]["corpora"]) == ["one", "two"]
    assert bundle.strangers == states["cold"]["ua"]
    for figures in states.values():
        assert 0 <= figures["ece"] <= 1
        assert [share for share, _ in figures["coverage"]] == [i / 10 for i in range(1, 11)]
    assert bundle.card["training"]["recipe"]["sounds"] == "sounds"
    assert bundle.card["training"]["corpora"]["one"]["speakers"] == 5  # one is left out
    text = bundle.files["CARD.md"].decode()
    assert "On people, microphones and corpora that it was not trained on it is right" in text
    assert "| mixed |" in text
    answer = edge_ser.load(output).classify_source(
        AudioFile(next(corpora.glob("nemo/samples/*.flac")))
    )
    sure = answer.confidence is not None and answer.confidence >= bundle.threshold
    assert (answer.emotion is not None) == sure


def test_another_recipe_or_protocol_is_refused(
    runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(runs, tmp_path / "never", "--strangers", str(runs["folds"])) == 1
    assert "is no finished run of `python -m train fit --protocol loco`" in capsys.readouterr().err
    assert not (tmp_path / "never").exists()


def test_the_page(tmp_path: Path) -> None:
    coverage = [(i / 10, 0.9 - i / 50) for i in range(1, 11)]
    corpus = {"ua": 0.5, "error": 0.02, "right": [[1, 2, 0, 1]], "total": [[2, 2, 2, 2]]}
    corpus |= {"heard": 0.99, "same": 0.97}
    state = {"corpora": {"one": corpus}, "ua": 0.512, "error": 0.021, "ece": 0.07, "nll": 1.1}
    state |= {"ece_pooled": 0.05, "reliability": [(0.5, 0.4, 0.45), (0.5, 0.7, 0.6)]}
    state |= {"brier": 0.6, "coverage": coverage, "curve": [(0, 0.5), (1, 0.53), (2, 0.55)]}
    found: dict[str, dict[str, Any]] = {
        "loco": dict.fromkeys(STATES, state),
        "folds": dict.fromkeys(STATES, state),
        "conditions": {variant: {"one": corpus} for variant in (*CONDITIONS, AVERAGED)},
        "sounds": {"model": "cogcn", "counts": {"esc-10: dog": [40, 1], "speech": [100, 99]}},
    }
    page = tables.page("mine", found)
    assert "| cold: the first utterance of a stranger | 50.0 ± 2.0 | **51.2 ± 2.1** |" in page
    assert "| level −20 dB | 50.0 ± 0.0 | +0.0 ± 0.0 | 99.0 |" in page
    assert "| 37 ms later | 97.0 |" in page
    assert "| **esc-10, all** | 40 | **2.5** |" in page
    pictures.draw(found, tmp_path)
    first = (tmp_path / "heard.svg").read_bytes()
    pictures.draw(found, tmp_path)
    assert (tmp_path / "heard.svg").read_bytes() == first
