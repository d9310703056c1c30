"""Microphones, rooms and noises that training never uses; the same clip a little later."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.strangers.states import described
from edge_ser.features import feature_set
from export.states import answers
from export.strangers import predictions, recognizer_of
from train.conditions import augment
from train.conditions.sounds import Sounds
from train.features.extraction import extract
from train.learning.data import Clips, Data, Table
from train.metrics import NO_SPEECH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from export.card import Recipe
    from export.states import Answers
    from train.config import Config
    from train.corpora import Row
    from train.features.cache import Cache
    from train.runs import Run

CONDITIONS = {
    augment.CLEAN: "as recorded",
    "gain:10": "level +10 dB",
    "gain:-10": "level −10 dB",
    "gain:-20": "level −20 dB",
    "gain:-30": "level −30 dB",
    "overdrive:12": "clipped by 12 dB",
    "offset:5": "DC 0.5 %",
    "offset:20": "DC 2 %",
    "band:0-3900": "8 kHz",
    "band:300-3400": "300–3400 Hz",
    "room:emptyapartmentbedroom": "an empty bedroom",
    "room:terrystypingroom": "a small office",
    "room:basement": "a basement",
    "room:ladychapel": "a cathedral's chapel",
    "room:abernytegrainsilo": "a grain silo",
    "noise:20": "white noise, 20 dB",
    "noise:10": "white noise, 10 dB",
    "pink:20": "pink noise, 20 dB",
    "pink:10": "pink noise, 10 dB",
    "babble:20": "babble, 20 dB",
    "babble:10": "babble, 10 dB",
    "recorded:20": "street and household, 20 dB",
    "recorded:10": "street and household, 10 dB",
    "codec": "Ogg Vorbis, 24 kbit/s",
    "delay:1": "1 ms later",
    "delay:7": "7 ms later",
    "delay:37": "37 ms later",
    "delay:73": "73 ms later",
    "delay:99": "99 ms later",
    "lsb": "±1 of 32,768",
}
STEADY = ("codec", "delay:1", "delay:7", "delay:37", "delay:73", "delay:99", "lsb")
"""Conditions under which the label should stay."""
PHASES = ((augment.CLEAN, "delay:37"), ("delay:7", "delay:73"))
AVERAGED = "phases"
"""Two phases of the frames averaged, against the same a little later."""
LEVELS = ("gain:10", "gain:-10", "gain:-20", "gain:-30")


def measure(run: Run, data: Data, recipe: Recipe, sounds: Path, cache: Cache) -> dict[str, Any]:
    """Ask each network about clips of the corpus that it does not know, in every condition.

    Args:
        run: a run that leaves one corpus out.
        data: its clips, in every variant that pruning needs.
        recipe: changes that export makes to the networks.
        sounds: folder of noises and rooms; the half that training never uses.
        cache: where features are kept.
    """
    rows = one_of_each(run.rows)
    table = Table.of(rows)
    half = Sounds.of(sounds, "test")
    clips = in_conditions(rows, run.config, CONDITIONS, cache, half)
    found: dict[str, dict[str, Any]] = {variant: {} for variant in (*CONDITIONS, AVERAGED)}
    for fold, split in enumerate(run.splits):
        corpus = split.test[0][0]
        recognizer = recognizer_of(run, data, fold, recipe)
        own = table.rows_of(split.test)
        heard = {
            variant: answers(recognizer, clips[variant], table, own, "cold")
            for variant in CONDITIONS
        }
        for variant, answered in heard.items():
            found[variant][corpus] = {
                **described(answered, table, corpus),
                "same": same_label(heard[augment.CLEAN], answered),
            }
        first, second = (_averaged([heard[variant] for variant in pair]) for pair in PHASES)
        found[AVERAGED][corpus] = {"same": same_label(first, second)}
    return found


def _averaged(answered: Sequence[Answers]) -> Answers:
    """Average the logits of the same clips; NaN where speech is not heard in all of them."""
    return replace(answered[0], logits=np.mean([one.logits for one in answered], axis=0))


def same_label(one: Answers, other: Answers) -> float:
    """Return the share of the clips, heard in both, that get the same label."""
    first, second = predictions(one), predictions(other)
    both = (first != NO_SPEECH) & (second != NO_SPEECH)
    return float(np.mean(first[both] == second[both]))


def one_of_each(rows: Sequence[Row]) -> list[Row]:
    """Return a clip of each speaker and emotion, always the same one."""
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        first.setdefault((row.corpus, row.speaker, row.emotion), row)
    return list(first.values())


def in_conditions(
    rows: Sequence[Row],
    config: Config,
    variants: Iterable[str],
    cache: Cache,
    sounds: Sounds | None = None,
) -> dict[str, Clips]:
    """Extract the utterances of ``rows`` in each variant, as the network of ``config`` needs."""
    features = feature_set(config.features)
    return {
        variant: Clips.of(
            extract(rows, config.features, variant, cache, sounds),
            features,
            config.window,
            config.window_step,
        )
        for variant in variants
    }
