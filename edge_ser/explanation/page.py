"""The page of an explanation: the recording, its longest utterances, and what it cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_ser.explanation.groups import GROUPS, OTHER, groups
from edge_ser.explanation.parts import figure, signal_row, voice_rows
from edge_ser.explanation.utterance import section
from edge_ser.pictures import page, timeline
from edge_ser.pictures.rows import lane, stack, strip, time_axis
from edge_ser.pictures.style import rules
from edge_ser.pictures.svg import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_ser.explanation.hearing import Hearing
    from edge_ser.recognizer import Recognizer

_STYLE = """\
.panels{gap:1rem 2rem;align-items:flex-start}
.panels figure{margin:.5rem 0;flex:0 1 20.5rem}
p,li{max-width:45rem}
li{margin:.3rem 0}
section h3{font-size:1.1rem;margin-top:2.5rem}
"""


def write(
    hearing: Hearing, recognizer: Recognizer, progress: Callable[[float], None] = lambda share: None
) -> str:
    """Return the page that explains what was heard in a recording.

    Args:
        hearing: what was heard, by the same recogniser.
        recognizer: the model.
        progress: called with the share of the work that is done.

    Raises:
        EdgeSerError: a logit is not finite.
    """
    model, found, count = recognizer.bundle, hearing.result.utterances, len(hearing.longest)
    parts = [
        f"<p>{page.prose(_verdict(hearing))}</p>",
        f"<p class=note>By the model {plain(model.name)} {plain(model.version)} "
        f"({plain(recognizer.backend)}). It guesses how speech sounds; it does not know what "
        "anybody feels.</p>",
        _recording(hearing, model.labels),
    ]
    if len(found) > 1:
        parts.append(
            f"<details><summary>The {len(found)} utterances in numbers</summary>"
            f"{page.utterance_table(hearing.result)}</details>"
        )
    if count:
        parts.append(f"<h2>What moved the answer</h2><p>{_meaning(count, len(found))}</p>")
        for i, heard in enumerate(hearing.longest):

            def done(share: float, before: int = i) -> None:
                progress((before + share) / count)

            parts.append(section(hearing, heard, recognizer, done))
        parts.append(_limits(hearing))
    return page.render(f"What was heard in {hearing.name}", "\n".join(parts), rules() + _STYLE)


def _verdict(hearing: Hearing) -> str:
    spoken = sum(u.end - u.start for u in hearing.result.utterances)
    if not spoken:
        return (
            f"No speech was heard in these {hearing.seconds:.1f} s, so there is no answer to "
            "explain. Is the recording very soft, or is it music, noise, or whispering?"
        )
    return (
        f"Over all: {timeline.verdict(hearing.result)}; {spoken:.1f} of {hearing.seconds:.1f} s "
        "are speech."
    )


def _meaning(explained: int, found: int) -> str:
    longest = f" Below are the {explained} longest of {found} utterances."
    which = longest if explained < found else ""
    return (
        "A part counts as much as the answer changes without it: the part is replaced by an "
        "average one of this voice (or, while the voice is unknown, of the voices in training), "
        f"and the model is asked again.{which}"
    )


def _recording(hearing: Hearing, labels: Sequence[str]) -> str:
    axis, found = time_axis(0.0, hearing.seconds), hearing.result.utterances
    rows = [
        signal_row(hearing, axis, [(u.start, u.end) for u in found]),
        lane(axis, found, labels, "heard as\nspeech"),
        *voice_rows(hearing, axis),
    ]
    told = ["The signal is drawn up to its peak, which stands beside it."]
    if found:
        rows += [strip(axis, label, labels, found, hearing.windows) for label in labels]
        told += [
            "Blocks are utterances: what was heard as speech, up to a pause.",
            "Below, how likely each emotion was: coloured, in the whole utterance; as a thin "
            "line, while it was spoken.",
        ]
    if hearing.voice is None:
        told.append("This model hears by layers of Whisper, which tell neither loudness nor pitch.")
    else:
        told.append("Loudness is openSMILE's; pitch is drawn where a voice was found.")
    svg = stack(axis, rows, "The recording", timeline.describe(hearing.result))
    return figure("The recording", svg, " ".join(told), wide=True)


def _limits(hearing: Hearing) -> str:
    items = [
        "It says what the model used, not whether the model is right, nor what the speaker felt.",
        "What is left out is replaced by something average: a sound that nobody may ever make.",
    ]
    if hearing.names:
        own = groups(hearing.names)
        named = [g for g in (*GROUPS, OTHER) if g.name in own]
        items += [
            "Neighbouring moments share most of their sound, so without one of them the others "
            "still tell. What is measured goes together too: who speaks up also speaks higher and "
            "brighter. If either of two would do, leaving out one changes little. So a short bar "
            "does not mean that something was not used, and the bars do not add up.",
            "What is measured: " + "; ".join(f"{g.name}: {g.meaning}" for g in named) + ".",
        ]
    else:
        items.append(
            "Every moment has already heard the whole utterance, for Whisper's layers attend to "
            "all of it: a bar says where the model read something, not always where it was said. "
            "Nobody can tell what each of the values of a moment means, so only moments are shown."
        )
    listed = "".join(f"<li>{plain(item)}</li>" for item in items)
    return f"<section><h2>What this cannot tell</h2><ul>{listed}</ul></section>"
