"""The bundled models hear a person whom none of them has heard: CREMA-D's actor 1006."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import edge_ser
from edge_ser.audio import AudioFile
from edge_ser.bundle import bundled

LETTERS = {"A": "angry", "H": "happy", "N": "neutral", "S": "sad"}


def clear_clips(corpora: Path) -> dict[Path, str]:
    """Map the clips of which the crowd heard what the actor meant to the emotion."""
    clips = {}
    with (corpora / "crema-d" / "votes.csv").open() as votes:
        for row in csv.DictReader(votes):
            meant, heard = row["FileName"].split("_")[2][0], row["VoiceVote"]
            if row["FileName"].startswith("1006") and meant == heard in LETTERS:
                name = f"{row['FileName']}.flac"
                clips[corpora / "crema-d" / "AudioWAV" / name] = LETTERS[heard]
    return clips


@pytest.mark.parametrize("model", [bundle.name for bundle in bundled()])
def test_a_stranger_is_understood_more_often_than_not(model: str, corpora: Path) -> None:
    recognizer = edge_ser.load(model)
    clips = {path: emotion for path, emotion in clear_clips(corpora).items() if path.is_file()}
    assert len(clips) >= 15
    right = 0
    for path, emotion in clips.items():
        probabilities = recognizer.classify_source(AudioFile(path)).probabilities
        right += probabilities is not None and max(probabilities, key=probabilities.get) == emotion  # type: ignore[arg-type]
    assert right > len(clips) / 2, f"{right} of {len(clips)}"
