"""The page about one run, in a real browser, with clips that play."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge_ser.errors import EdgeSerError
from edge_ser_train import main
from report.bootstrap import by_speaker
from report.mistakes import mistakes
from report.page import Clip, Clips
from report.run import write_run_report
from report.scored import Scored
from report.speakers import standard_errors
from tests.benchmarks.report.browser import Browser, chromium
from tests.report.conftest import LABELS
from train.features.cache import Cache
from train.runs import Run


@pytest.fixture(scope="module")
def cache(home: Path) -> Cache:
    return Cache(home / "cache", 1, Console(stderr=True))


@pytest.fixture(scope="module")
def page(home: Path, fitted: Path, machine: list[str]) -> Path:
    output = home / "pages" / "ours.html"
    assert main(["report", str(fitted), "--output", str(output), *machine]) == 0
    return output


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


def test_it_tells_what_the_networks_said(page: Path, fitted: Path, cache: Cache) -> None:
    run = Run.open(fitted, cache)
    scored = Scored.of(run, cache)
    assert sorted(scored.rows.tolist()) == list(range(len(run.rows)))  # each clip once
    for fold in scored.folds:
        own = np.isin(scored.rows, scored.table.rows_of(run.splits[fold].test))
        right = np.mean(scored.predictions[own] == scored.truth[own])
        assert run.metrics(fold)["test"]["ours"]["wa"] == pytest.approx(right)
    text = page.read_text(encoding="utf-8")
    wrong = np.count_nonzero(scored.predictions != scored.truth)
    assert f"{wrong} of {len(run.rows)} test clips are wrong" in text
    assert text.count("<audio ") == wrong
    for words in (*LABELS, "ours/05", "Chance is 33 % UA", "ECE", "trained on all 5 speakers"):
        assert words in text, words


def test_nothing_but_the_clips_is_outside(page: Path, ours: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "@import" not in text
    clips = {Path(line.split(",")[0]).as_uri() for line in ours.read_text().splitlines()[1:]}
    for kind, address in re.findall(r'(src|href)\s*=\s*"([^"]*)"', text):
        if kind == "src":
            assert address.partition("#")[0] in clips
        else:
            assert address.startswith(("#", "data:")), address[:80]


def test_in_a_browser(page: Path, browser: Browser) -> None:
    seen = browser.open(page)
    assert seen.errors == []
    files = [address for address in seen.requests if not address.startswith("data:")]
    assert files == [page.as_uri()]  # no clip is read before it is played
    for width in (360, 1100):
        browser.look(width, "light")
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
    browser.evaluate("document.querySelector('audio').preload = 'auto'")
    deadline = time.monotonic() + 20
    while not (seconds := browser.evaluate("document.querySelector('audio').duration")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert 1 < seconds < 10


def test_a_part_of_a_file_is_a_fragment(tmp_path: Path) -> None:
    place = tmp_path / "a clip.wav"
    address = f"{tmp_path.as_uri()}/a%20clip.wav"
    assert Clip(place, None, None, "", "").address == address
    assert Clip(place, 1.5, None, "", "").address == f"{address}#t=1.5"
    assert Clip(place, None, 2.0, "", "").address == f"{address}#t=0,2"


def test_the_surest_mistake_is_first(fitted: Path, cache: Cache) -> None:
    scored = Scored.of(Run.open(fitted, cache), cache)
    part = mistakes(scored)
    assert isinstance(part, Clips)
    sure = [int(found[1]) for c in part.clips if (found := re.search(r"(\d+) % sure", c.heading))]
    assert sure == sorted(sure, reverse=True)


def test_errors_of_a_speaker() -> None:
    speakers = np.array(["a", "a", "a", "a", "b"])
    labels, predictions = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, -1])
    names, right, total = by_speaker(speakers, labels, predictions, 2)
    assert names == ["a", "b"]
    assert right.tolist() == [[1, 2], [0, 0]] and total.tolist() == [[2, 2], [0, 1]]
    np.testing.assert_allclose(standard_errors(right, total), [np.sqrt(0.25 / 2) / 2, 0.0])


def test_an_unfinished_run(tmp_path: Path, fitted: Path, cache: Cache, home: Path) -> None:
    partly = shutil.copytree(fitted, tmp_path / "partly")
    for name in ("fold-1", "fold-4", "final"):
        shutil.rmtree(partly / name)
    write_run_report(partly, tmp_path / "page.html", cache)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "2 of 5 folds are not trained yet." in text
    assert "There is no final network" in text
    for fold in (0, 2, 3):
        shutil.rmtree(partly / f"fold-{fold}")
    with pytest.raises(EdgeSerError, match="no fold is trained yet"):
        write_run_report(partly, tmp_path / "page.html", cache)
