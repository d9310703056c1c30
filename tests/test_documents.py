"""What the documents say: their commands, what these print, and figures as they were measured."""

from __future__ import annotations

import json
import re
import shlex
from functools import cache
from statistics import fmean
from typing import Any

import pytest

from benchmarks import RESULTS
from edge_ser.bundle import Bundle, bundled
from edge_ser.cli import main
from edge_ser.demo import PATH as DEMO
from tests.virtual import ROOT
from train import models
from train.__main__ import parser
from train.commands import configured
from train.features.extraction import dimension
from train.learning import svm
from train.models import count_parameters

DOCS = ROOT / "docs"
PAPERS = DOCS / "papers.md"
MODELS = {bundle.name: bundle for bundle in bundled()}
STATES = {
    "the first utterance of a stranger": "cold",
    "after ten neutral sentences of the voice": "enrolled",
    "in a stream of mixed emotions": "mixed",
    "in a stream of one emotion after the other": "mono",
    "in a stream that is 80 % neutral": "life",
}
ROW = re.compile(r"\| (.+?) \| (.+?) / (.+?) \| .+ \| `(--model .+)` \|")


@pytest.mark.parametrize(
    ("parameters", "options"),
    [pytest.param(m[3], m[4], id=m[1]) for m in ROW.finditer(PAPERS.read_text())],
)
def test_a_papers_row_is_one_command(parameters: str, options: str) -> None:
    given = ["evaluate", "--corpus", "iemocap=DIR", "--output", "FILE.json", *shlex.split(options)]
    parsed = parser().parse_args(given)
    if parsed.model in svm.MODELS:
        assert parameters == "–"
        return
    settings = configured(parsed)
    width = dimension(settings.features)
    counts = {
        count_parameters(models.create(parsed.model, width, 4, candidate.network))
        for candidate in settings.candidates()
    }
    told = [int(number.replace(",", "")) for number in parameters.split(" to ")]
    assert told == sorted({min(counts), max(counts)})


def test_every_system_has_its_row() -> None:
    named = {shlex.split(m[4])[1] for m in ROW.finditer(PAPERS.read_text())}
    assert named == {*models.MODELS, "svm"}


def said(*names: str) -> str:
    """Return the text of documents, without line breaks."""
    return " ".join(" ".join((ROOT / name).read_text().split()) for name in names)


def rows(name: str) -> list[list[str]]:
    """Return the cells of all tables of a document."""
    lines = (ROOT / name).read_text().splitlines()
    return [[c.strip() for c in line.split("|")[1:-1]] for line in lines if line.startswith("|")]


@cache
def among_strangers(model: str, part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"strangers/{model}/{part}.json").read_text())
    return found


def lost(model: str, *conditions: str) -> list[float]:
    """Return how many points of UA each condition costs."""
    measured = among_strangers(model, "conditions")

    def ua(condition: str) -> float:
        return 100 * fmean(corpus["ua"] for corpus in measured[condition].values())

    return [ua("clean") - ua(condition) for condition in conditions]


def size(bundle: Bundle) -> str:
    kilobytes = bundle.nbytes / 1000
    return f"{kilobytes / 1000:.1f} MB" if kilobytes >= 1000 else f"{kilobytes:.0f} KB"


@pytest.mark.parametrize("name", ["README.md", "docs/models.md"])
def test_the_table_of_models_is_what_was_measured(name: str) -> None:
    speed = json.loads((RESULTS / "speed.json").read_text())["figures"]
    cost = [speed[f"{model}, numpy"] for model in MODELS]
    assert list(MODELS) == ["cogcn", "cogcn-whisper", "cogcn-whisper-open"]
    told = {row[0].partition(" ([")[0]: row[1:] for row in rows(name)}
    assert told["right on a stranger"] == [
        f"**{100 * (bundle.strangers or 0):.0f} %**" for bundle in MODELS.values()
    ]
    assert told["once it knows the voice"] == [
        f"{100 * (bundle.ua('enrolled') or 0):.0f} %" for bundle in MODELS.values()
    ]
    assert told["size"] == [size(bundle) for bundle in MODELS.values()]
    processor = told["CPU seconds per second of speech"]
    assert processor == [f"{own['listen_processor']:.3f}" for own in cost]
    assert told["peak memory"] == [f"{own['peak_memory']:.0f} MB" for own in cost]


def test_the_table_of_strangers_is_what_was_measured() -> None:
    first = next(i for i, row in enumerate(rows("docs/models.md")) if row[0] == "what it knows")
    head, _, *table = rows("docs/models.md")[first:]
    corpora = [name.lower() for name in head[2:-1]]
    assert len(table) == 2 * len(STATES)
    state = ""
    for row in table:
        state = STATES.get(row[0], state)
        measured = among_strangers(row[1].strip("`"), "loco")[state]
        figures = [f"{100 * measured['corpora'][corpus]['ua']:.1f}" for corpus in corpora]
        assert row[2:] == [*figures, f"**{100 * measured['ua']:.1f}**"]


def test_what_is_said_about_confidence_was_measured() -> None:
    cold = [among_strangers(name, "loco")["cold"] for name in ("cogcn", "cogcn-whisper")]
    small, large = ({share: 100 * right for share, right in own["coverage"]} for own in cold)
    text = said("docs/models.md")
    pooled, apart = ([f"{100 * own[key]:.1f}" for own in cold] for key in ("ece_pooled", "ece"))
    assert f"off by five or seven points (ECE, cold: {' and '.join(pooled)})" in text
    assert f"{' and '.join(apart)}, corpus by corpus" in text
    for share, words in (
        ("0.5", "surest half of the answers to strangers"),
        ("0.9", "nine tenths"),
    ):
        one, other = small[float(share)], large[float(share)]
        assert re.search(rf"{words} {one:.0f} % .*?{other:.0f} %\)", text)
    assert f"of all {small[1.0]:.0f} % ({large[1.0]:.0f} %)" in text
    half = f"surest half, {small[0.5]:.0f} % are right (`cogcn-whisper`: {large[0.5]:.0f} %)"
    assert half in said("README.md")


def test_what_is_said_about_the_networks_is_on_their_cards() -> None:
    speakers = {
        name: sum(c["speakers"] for c in bundle.card["training"]["corpora"].values())
        for name, bundle in MODELS.items()
    }
    text = said("docs/models.md")
    assert f"trained on {speakers['cogcn']} speakers" in text
    assert speakers["cogcn"] == speakers["cogcn-whisper"]
    assert f"the open one on {speakers['cogcn-whisper-open']} of" in text
    sizes = [
        round((MODELS["cogcn"].path / f"model.{kind}").stat().st_size / 1000)
        for kind in ("npz", "onnx", "tflite")
    ]
    kilobytes = "{} KB (NumPy), {} KB (ONNX) or {} KB (TFLite)".format(*sizes)
    assert f"{MODELS['cogcn'].parameters:,} parameters and takes {kilobytes}" in text
    assert f"the others have {MODELS['cogcn-whisper'].parameters:,} on top of Whisper's" in text
    assert MODELS["cogcn-whisper"].parameters == MODELS["cogcn-whisper-open"].parameters


def test_what_is_said_about_microphones_rooms_and_noise_was_measured() -> None:
    text = said("docs/models.md")
    rooms = ("room:terrystypingroom", "room:basement", "room:ladychapel")
    noises = ("noise:10", "pink:10", "recorded:10")

    def span(model: str, *conditions: str) -> str:
        costs = lost(model, *conditions)
        return f"{min(costs):.0f} to {max(costs):.0f}"

    assert f"noise at 10 dB costs {span('cogcn', *noises, 'babble:10')} points" in text
    telephone, other = (lost(m, "band:300-3400")[0] for m in ("cogcn", "cogcn-whisper"))
    assert f"a telephone {telephone:.0f}, a room {span('cogcn', *rooms)}, and" in text
    assert (
        f"cost {span('cogcn-whisper', 'gain:-30', 'codec')} points, a telephone {other:.0f}, noise"
        in text
    )
    (babble,) = lost("cogcn-whisper", "babble:10")
    noise = f"noise at 10 dB {max(lost('cogcn-whisper', *noises)):.0f} at most"
    room = span("cogcn-whisper", *rooms)
    assert f"{noise}, other people's voices {babble:.0f}, a room {room}, and where" in text
    assert all(abs(cost) < 0.5 for m in MODELS for cost in lost(m, "offset:5", "offset:20"))
    hardly = lost("cogcn", "noise:20", "pink:20", "babble:20", "recorded:20", "gain:-30", "codec")
    assert max(hardly) < 3
    drowned = ("room:emptyapartmentbedroom", "room:abernytegrainsilo")
    assert min(cost for m in ("cogcn", "cogcn-whisper") for cost in lost(m, *drowned)) > 20
    small, large = (among_strangers(m, "conditions") for m in ("cogcn", "cogcn-whisper"))
    later = [fmean(c["same"] for c in own.values()) for n, own in large.items() if "delay" in n]
    assert f"keeps its label in {100 * min(later):.1f} of 100 cases" in text
    conditions = [name for name in small if ":" in name and not name.startswith("delay")]
    for name in conditions:
        one, other = (fmean(c["ua"] for c in own[name].values()) for own in (small, large))
        assert other > one


def test_what_is_said_about_sounds_was_measured() -> None:
    text = said("docs/models.md")
    for model, sentence in (
        (
            "cogcn",
            "Of {0} sounds of dogs, saws, rain and the like it answers {1} %; it hears {2} %",
        ),
        ("cogcn-whisper", "It hears {2} % of spoken clips, and answers {1} % of those sounds"),
    ):
        counts = among_strangers(model, "sounds")["counts"]
        files, heard = (
            sum(count[i] for name, count in counts.items() if name.startswith("esc-10"))
            for i in (0, 1)
        )
        spoken = counts["speech"][1] / counts["speech"][0]
        assert sentence.format(files, f"{100 * heard / files:.1f}", f"{100 * spoken:.1f}") in text


def test_the_readme_shows_the_answers_about_the_demo_clip() -> None:
    measured = [line for line in (RESULTS / "demo.md").read_text().splitlines() if "(" in line]
    table = [line for line in measured if line.startswith("| ")]
    assert len(table) == 8
    assert set(table) <= set((ROOT / "README.md").read_text().splitlines())


def test_the_lines_and_the_json_of_the_page_for_makers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = (DOCS / "maker.md").read_text()
    assert main(["listen", "--no-config", "--input", str(DEMO)]) == 0
    shown = page.partition("| head -n 3\n")[2].partition("```")[0]
    assert shown.splitlines() == capsys.readouterr().out.splitlines()[:3]
    assert main(["listen", "--no-config", "--input", str(DEMO), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    event = next(event for event in events if event["type"] == "utterance")
    documented, status = map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    assert list(documented) == list(event)
    varying = {"time": "", "latency_ms": 0.0}
    assert documented | varying == event | varying
    assert list(status) == ["type", "time", "status", "at", "message", "dropped"]


def test_every_page_can_be_reached_and_is_in_the_contents() -> None:
    contents = (DOCS / "conf.py").read_text().partition('CONTENTS = """')[2].partition('"""')[0]
    start = (DOCS / "README.md").read_text()
    for page in DOCS.glob("*.md"):
        if page.name != "README.md":
            assert f"]({page.name}" in start
            assert f"\n{page.stem}\n" in contents
