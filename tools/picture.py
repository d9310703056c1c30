"""Draw ``docs/listen.svg``: the live display while somebody speaks, in the demo clip.

    python -m tools.picture

The moment is the middle of the last utterance. The picture loads nothing, not even a font.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from edge_ser.audio import SAMPLING_RATE, AudioFile
from edge_ser.audio.convert import BLOCK
from edge_ser.cli.ending import EndingSource
from edge_ser.demo import PATH
from edge_ser.events import EmotionEvent
from edge_ser.recognizer import load
from edge_ser.sinks.terminal.looks import looks
from edge_ser.sinks.terminal.screen import Screen
from edge_ser.sinks.terminal.state import Reading, State
from edge_ser.sinks.terminal.words import utterance

OUTPUT = Path(__file__).resolve().parents[1] / "docs" / "listen.svg"
_WIDTH = 84

# as rich's own, which has a browser fetch its font from another host
_FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>edge-ser listen while somebody speaks: bars of the emotions</title>
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def hear() -> tuple[list[EmotionEvent], list[float]]:
    """Hear the demo clip; return its events, and the level of each block."""
    levels: list[float] = []
    source = EndingSource(AudioFile(PATH), None, lambda: None, lambda: levels.append(source.level))
    events = [event for event in load("cogcn").stream(source) if isinstance(event, EmotionEvent)]
    return events, levels


def draw() -> str:
    """Return the picture, as SVG."""
    events, levels = hear()
    ends = [i for i, event in enumerate(events) if event.type == "utterance"]
    shown = events[: (ends[-2] + ends[-1]) // 2 + 1]
    labels = tuple(events[0].probabilities)
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    state, look = State(labels), looks(labels)
    for event in shown:
        state = state.after(event, event.end)  # as if it had come at once
        if event.type == "utterance":
            console.print(utterance(event, _WIDTH, clock=False, looks=look))
    end = shown[-1].end
    level = levels[int(end * SAMPLING_RATE / BLOCK)]
    console.print(Screen(state, Reading(end, level, end), look, clock=False))
    return console.export_svg(title="edge-ser listen", code_format=_FORMAT, unique_id="listen")


def main() -> int:
    """Write the picture; return the exit code."""
    OUTPUT.write_text(draw(), encoding="utf-8")
    sys.stdout.write(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
