"""What the bundled models say about the demo clip, beside what the crowd heard.

    python -m benchmarks.demo

Eight sentences of one person are an example, not a measurement: `benchmarks.strangers` measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import edge_ser
from benchmarks import RESULTS
from edge_ser.demo import PATH, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge_ser.demo import Sentence


def cell(sentence: Sentence, utterances: Sequence[edge_ser.Utterance]) -> str:
    """Tell what was heard while ``sentence`` was spoken."""
    said = [
        f"{utterance.emotion or 'unsure'} {100 * utterance.confidence:.0f} %"
        for utterance in utterances
        if utterance.start < sentence.end and sentence.start < utterance.end
    ]
    return ", ".join(said) or "no speech"


def page(heard: Mapping[str, Sequence[edge_ser.Utterance]]) -> str:
    """Format the answers of the models, by their names, as a page of Markdown."""
    lines = [
        "# The demo clip",
        "",
        "One actor of CREMA-D, whom the models have never heard; they know others who spoke these",
        "sentences in the same studio. The crowd heard what was meant, without the picture, and",
        "found it as strong as the number in brackets says (0 to 100). The sentences were chosen",
        "by that, and never by what a model says: `device/make_demo.py`. The models' answers are",
        "those of `edge-ser listen`: an emotion with its probability, or unsure.",
        "",
        f"| sentence | the crowd heard | {' | '.join(f'`{name}`' for name in heard)} |",
        f"|---|---|{'---|' * len(heard)}",
    ]
    for sentence in SENTENCES:
        cells = [cell(sentence, utterances) for utterances in heard.values()]
        crowd = f"{sentence.heard} ({sentence.strength:.0f})"
        lines.append(f"| {sentence.text} | {crowd} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", "Made by `python -m benchmarks.demo`.", ""])


def answers() -> dict[str, Sequence[edge_ser.Utterance]]:
    """Have every bundled model listen to the clip."""
    names = [bundle.name for bundle in edge_ser.bundled()]
    return {name: edge_ser.load(name).classify(PATH).utterances for name in names}


def main() -> None:
    """Ask the models, and write ``results/demo.md``."""
    (RESULTS / "demo.md").write_text(page(answers()), encoding="utf-8")


if __name__ == "__main__":
    main()
