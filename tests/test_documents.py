"""The commands that docs/papers.md gives for the papers' rows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from train import models
from train.__main__ import parser
from train.commands import _config
from train.features.extraction import dimension
from train.learning import svm
from train.models import count_parameters

PAPERS = Path(__file__).parents[1] / "docs" / "papers.md"
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
    settings = _config(parsed)
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
