"""The demo clip: eight sentences of one actor, for use without a microphone.

They are from CREMA-D (``ATTRIBUTION.md``); ``device/make_demo.py`` chose them and made the clip.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("demo.flac")
TABLE = Path(__file__).with_name("demo.json")


@dataclass(frozen=True)
class Sentence:
    """A sentence of the demo clip.

    Args:
        clip: its name in CREMA-D.
        text: what is said.
        start: where it begins in the demo clip, in seconds.
        end: where it ends.
        meant: the emotion that was acted, one of :data:`edge_ser.events.LABELS`.
        heard: the emotion that most listeners named, who did not see the actor.
        strength: how strong they found that emotion on average, 0 to 100.
    """

    clip: str
    text: str
    start: float
    end: float
    meant: str
    heard: str
    strength: float


SENTENCES = tuple(Sentence(**line) for line in json.loads(TABLE.read_text(encoding="utf-8")))
"""The sentences, in the order in which they are heard."""
