"""The answers about the demo clip that the documents show are those of the models."""

from __future__ import annotations

from benchmarks import RESULTS
from benchmarks.demo import answers, cell, page
from edge_ser.demo import SENTENCES
from edge_ser.events import Utterance


def test_the_page_shows_what_the_models_say() -> None:
    heard = answers()
    assert (RESULTS / "demo.md").read_text() == page(heard)


def test_an_utterance_belongs_to_the_sentence_that_it_overlaps() -> None:
    first, second = SENTENCES[:2]
    times = [(first.start + 0.1, first.start + 0.5), (first.start + 0.6, first.end - 0.1)]
    said = [
        Utterance(start=start, end=end, emotion=emotion, confidence=p, probabilities={"sad": p})
        for (start, end), emotion, p in zip(times, ("sad", None), (0.504, 0.3), strict=True)
    ]
    assert cell(first, said) == "sad 50 %, unsure 30 %"
    assert cell(second, said) == "no speech"
