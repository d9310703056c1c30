"""The demo clip as it is heard, and what moved the answers to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from edge_ser.audio import AudioFile
from edge_ser.demo import PATH as DEMO
from edge_ser.explanation.attribution import Attribution, attribute
from edge_ser.explanation.groups import groups
from edge_ser.explanation.hearing import Hearing, hear
from edge_ser.recognizer import Recognizer, load


@pytest.fixture(scope="session", params=("cogcn", "cogcn-whisper"))
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    return load(request.param)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first sentences of the demo clip: no more than a page explains."""
    path = tmp_path_factory.mktemp("clips") / "clip.flac"
    signal, rate = soundfile.read(DEMO, stop=12 * 16_000)
    soundfile.write(path, signal, rate)
    return path


@pytest.fixture(scope="session")
def demo(recognizer: Recognizer, clip: Path) -> Hearing:
    return hear(recognizer, AudioFile(clip), voice=recognizer.unknown_voice())


@pytest.fixture(scope="session")
def explained(recognizer: Recognizer, demo: Hearing) -> list[Attribution]:
    """What moved the answer to each utterance."""
    own = groups(demo.names)
    return [
        attribute(recognizer, recognizer.inputs(h.segment.values, h.voice), h.segment.first, own)
        for h in demo.longest
    ]
