"""The whole page, from made-up rows and a trained run, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.report.__main__ import main
from benchmarks.report.contents import write_report
from benchmarks.report.inspection import InspectedFold
from edge_ser.errors import EdgeSerError
from tests.benchmarks.report.browser import Browser, chromium
from tests.benchmarks.report.made_up import fit, several, system, write
from train.features.cache import Cache

Open = Callable[..., InspectedFold]

OTHERS = {"ga-gru": ("hidden=8",), "rlc": ("iterations=2",)}


@pytest.fixture(scope="module")
def page(home: Path, trained: Path, untrained: Open, shared_cache: Cache) -> Path:
    write(home / "rows", several())
    runs = [trained, *(untrained(model, *changes).run.path for model, changes in OTHERS.items())]
    write_report(home / "rows", runs, home / "pages" / "report.html", shared_cache)
    return home / "pages" / "report.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser") / "profile") as running:
        yield running


def test_what_is_on_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for words in (
        "UA of all systems",
        "UA against size",
        "UA under noise and silence, cold",
        "UA against amount of data",
        "Loss and accuracy, epoch by epoch",
        "Utterances by emotion",
        "Frames by voicing",
        "The cosine graph of an utterance",
        "Edges between the thirds of an utterance",
        "Attention before and after the graph",
        "Self-attention and informativeness",
        "cogcn-no-skip",
        "Measured by the code of commit 0123456789ab",
    ):
        assert words in text, words
    assert "Nothing to show" not in text
    assert len(text) < 5_000_000


def test_it_refers_to_nothing_outside(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "@import" not in text
    for address in re.findall(r'(?:src|href)\s*=\s*"([^"]*)"', text):
        assert address.startswith(("#", "data:")), address[:80]
    for address in re.findall(r"url\(([^)]*)\)", text):
        assert address.strip("'\"").startswith("#"), address


def test_the_same_page_each_time(tmp_path: Path, shared_cache: Cache) -> None:
    write(tmp_path / "rows", several()[:1])
    first, second = tmp_path / "first.html", tmp_path / "second.html"
    for file in (first, second):
        write_report(tmp_path / "rows", [], file, shared_cache)
    assert first.read_bytes() == second.read_bytes()
    assert "Nothing to show" in first.read_text(encoding="utf-8")


def test_in_a_browser(page: Path, browser: Browser) -> None:
    seen = browser.open(page)
    assert seen.errors == []
    outside = [address for address in seen.requests if not address.startswith("data:")]
    assert outside == [page.as_uri()]
    assert browser.evaluate("document.querySelectorAll('svg').length") > 20
    invisible = "[...document.querySelectorAll('svg')].filter(s => !s.getBBox().width).length"
    assert browser.evaluate(invisible) == 0


@pytest.mark.parametrize("width", [360, 1100])
def test_it_fits_a_phone(page: Path, browser: Browser, width: int) -> None:
    browser.look(width, "light")
    browser.open(page)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_light_dark_and_paper(page: Path, browser: Browser) -> None:
    browser.open(page)
    background = "getComputedStyle(document.body).backgroundColor"
    text = "getComputedStyle(document.querySelector('svg text')).fill"
    browser.look(1100, "light")
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
    assert browser.evaluate(text) == "rgb(34, 34, 34)"
    browser.look(1100, "dark")
    assert browser.evaluate(background) == "rgb(23, 24, 26)"
    assert browser.evaluate(text) == "rgb(230, 230, 230)"
    browser.look(1100, "dark", "print")
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
    assert browser.evaluate(text) == "rgb(34, 34, 34)"


def test_the_browser_would_notice(tmp_path: Path, browser: Browser) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><img src='http://127.0.0.1:9/x.png'><script>console.log(1); x.y</script>"
    )
    seen = browser.open(bad)
    assert "http://127.0.0.1:9/x.png" in seen.requests
    assert {"Uncaught", "console.log"} <= set(seen.errors)


def test_a_run_that_is_not_trained_yet(
    tmp_path: Path, trained: Path, home: Path, shared_cache: Cache
) -> None:
    for name in ("config.json", "folds.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    write(tmp_path / "rows", [system("svm", [fit(0, 5)])])
    write_report(tmp_path / "rows", [tmp_path], tmp_path / "page.html", shared_cache)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"{tmp_path}: no fold is trained yet." in text
    assert "No learning curves" in text


def test_variants_alone(tmp_path: Path, shared_cache: Cache) -> None:
    write(tmp_path / "rows", [system("cogcn-no-skip", [fit(0, 5)])])
    write_report(tmp_path / "rows", [], tmp_path / "page.html", shared_cache)
    assert "the rows are all of variants" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_errors(tmp_path: Path, shared_cache: Cache) -> None:
    write(tmp_path / "rows", [system("svm", [fit(0, 5)])])
    with pytest.raises(EdgeSerError, match="no rows there"):
        write_report(tmp_path, [], tmp_path / "page.html", shared_cache)
    with pytest.raises(EdgeSerError, match="is not a run"):
        write_report(tmp_path / "rows", [tmp_path], tmp_path / "page.html", shared_cache)
    with pytest.raises(EdgeSerError, match="cannot be written .*choose another --output"):
        write_report(tmp_path / "rows", [], tmp_path, shared_cache)


def test_the_command(
    home: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "rows", several())
    places = ["--run", trained, "--output", tmp_path / "page.html", "--cache", home / "cache"]
    arguments = [str(word) for word in places]
    assert main(["--results", str(tmp_path / "rows"), *arguments, "--jobs", "2"]) == 0
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "The cosine graph of an utterance" in text
    assert "Confusion matrices" in text
    assert main(["--results", str(tmp_path), *arguments]) == 1
    assert "error: " in (told := capsys.readouterr().err) and "no rows there" in told
